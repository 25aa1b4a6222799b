from ansible_collections.patchops.fleet.tests.integration import test_patch_install_windows as m


def test_it(fleet, ansible, tmp_path):
    fleet.add("x", m.HOSTS["lost-for-good"][0], patience=1)
    fleet.write_inventory()
    r = ansible(
        "ansible",
        "all",
        "-i",
        "hosts.json",
        "-m",
        m.INSTALL,
        "-a",
        "reboot_timeout=1 reboot_option=if_required",
        "-vvv",
        ANSIBLE_DISPLAY_TRACEBACK="always",
    )
    print(r.stdout[-6000:])

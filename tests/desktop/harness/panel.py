"""Reads and clicks tray menus over D-Bus, as a panel does.

panel.py ready            waits until a panel shows tray icons
panel.py menu PID         the menu of that process's icon, as JSON
panel.py click PID LABEL  clicks the entry whose label begins with LABEL (a path of labels, parted by " > ")
panel.py keyring ATTR=VALUE…  the labels of matching Secret Service items, as JSON
"""

import json
import sys
import time

import dbus

WATCHER = "org.kde.StatusNotifierWatcher"
ITEM = "org.kde.StatusNotifierItem"
MENU = "com.canonical.dbusmenu"
PROPERTIES = "org.freedesktop.DBus.Properties"
DEADLINE = 30.0


def wait(look, what):
    """Asks `look` until it gives something."""
    end = time.monotonic() + DEADLINE
    while True:
        try:
            found = look()
        except dbus.DBusException:
            found = None
        if found:
            return found
        if time.monotonic() > end:
            sys.exit(f"panel.py: waited for {what}")
        time.sleep(0.05)


def watcher_property(bus, name):
    watcher = bus.get_object(WATCHER, "/StatusNotifierWatcher", introspect=False)
    return dbus.Interface(watcher, PROPERTIES).Get(WATCHER, name)


def item_of(bus, pid):
    """Bus name and path of the icon that a process shows."""
    daemon = dbus.Interface(bus.get_object("org.freedesktop.DBus", "/"), "org.freedesktop.DBus")
    for registered in watcher_property(bus, "RegisteredStatusNotifierItems"):
        name, path = str(registered).split("/", 1)
        if int(daemon.GetConnectionUnixProcessID(name)) == pid:
            return name, "/" + path
    return None


def menu_of(bus, pid):
    name, path = wait(lambda: item_of(bus, pid), f"an icon of process {pid}")
    item = dbus.Interface(bus.get_object(name, path, introspect=False), PROPERTIES)
    menu_path = wait(lambda: item.Get(ITEM, "Menu"), "its menu")
    icon = {"icon": str(item.Get(ITEM, "IconName")), "title": str(item.Get(ITEM, "Title"))}
    return icon, dbus.Interface(bus.get_object(name, menu_path, introspect=False), MENU)


def entry(node):
    number, properties, children = node
    return {
        "id": int(number),
        "label": str(properties.get("label", "")).replace("__", "_"),
        "separator": str(properties.get("type", "")) == "separator",
        "enabled": bool(properties.get("enabled", True)),
        "visible": bool(properties.get("visible", True)),
        "checked": int(properties.get("toggle-state", -1)) == 1 if "toggle-type" in properties else None,
        "entries": [entry(child) for child in children],
    }


def layout(menu):
    menu.AboutToShow(0)
    _, root = menu.GetLayout(0, -1, dbus.Array([], signature="s"))
    return entry(root)["entries"]


def click(menu, labels):
    entries = layout(menu)
    for depth, label in enumerate(labels):
        found = next((e for e in entries if e["label"].startswith(label)), None)
        if found is None:
            sys.exit(f"panel.py: no entry {label!r} among {[e['label'] for e in entries]}")
        if depth == len(labels) - 1:
            menu.Event(found["id"], "clicked", dbus.Int32(0, variant_level=1), dbus.UInt32(0))
        entries = found["entries"]


def keyring(bus, attributes):
    service = bus.get_object("org.freedesktop.secrets", "/org/freedesktop/secrets", introspect=False)
    unlocked, locked = dbus.Interface(service, "org.freedesktop.Secret.Service").SearchItems(
        dbus.Dictionary(attributes, signature="ss")
    )
    return [str(path) for path in list(unlocked) + list(locked)]


SECRETS = "org.freedesktop.secrets"
INTERNAL = "org.gnome.keyring.InternalUnsupportedGuiltRiddenInterface"


def secrets(bus, interface="org.freedesktop.Secret.Service"):
    service = bus.get_object(SECRETS, "/org/freedesktop/secrets", introspect=False)
    return dbus.Interface(service, interface)


def lock(bus):
    collection = secrets(bus).ReadAlias("default")
    locked, _ = secrets(bus).Lock(dbus.Array([collection], signature="o"))
    return [str(path) for path in locked]


def unlock(bus, password):
    """Without a question, by the daemon's own interface for that."""
    collection = secrets(bus).ReadAlias("default")
    _, session = secrets(bus).OpenSession("plain", dbus.String("", variant_level=1))
    secret = dbus.Struct((session, dbus.ByteArray(b""), dbus.ByteArray(password.encode()), "text/plain"), signature="oayays")
    secrets(bus, INTERNAL).UnlockWithMasterPassword(collection, secret)


def main():
    command, *arguments = sys.argv[1:]
    bus = dbus.SessionBus()
    if command == "ready":
        wait(lambda: watcher_property(bus, "IsStatusNotifierHostRegistered"), "a panel with a tray")
    elif command == "menu":
        icon, menu = menu_of(bus, int(arguments[0]))
        print(json.dumps({**icon, "entries": layout(menu)}))
    elif command == "click":
        _, menu = menu_of(bus, int(arguments[0]))
        click(menu, arguments[1].split(" > "))
    elif command == "keyring":
        print(json.dumps(keyring(bus, dict(a.split("=", 1) for a in arguments))))
    elif command == "lock":
        print(json.dumps(lock(bus)))
    elif command == "unlock":
        unlock(bus, arguments[0])
    else:
        sys.exit(__doc__)


main()

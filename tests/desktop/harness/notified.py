"""A notification daemon that draws nothing: it tells each notification as a line of JSON, and clicks what it is told to.

On standard input: `click ID KEY`, which is what a daemon reports of a button; `default` is the notification itself.
"""

import json
import sys

import dbus
import dbus.service
from dbus.mainloop.glib import DBusGMainLoop
from gi.repository import GLib

NAME = "org.freedesktop.Notifications"
PATH = "/org/freedesktop/Notifications"


class Daemon(dbus.service.Object):
    """Desktop Notifications Specification 1.2, as far as it is asked for."""

    def __init__(self, bus):
        super().__init__(bus, PATH)
        self.last = 0

    @dbus.service.method(NAME, out_signature="as")
    def GetCapabilities(self):
        return ["actions", "body"]

    @dbus.service.method(NAME, out_signature="ssss")
    def GetServerInformation(self):
        return "notified", "Turnpike's tests", "1", "1.2"

    @dbus.service.method(NAME, in_signature="susssasa{sv}i", out_signature="u")
    def Notify(self, app, replaces, icon, title, body, actions, hints, timeout):
        self.last += 1
        buttons = dict(zip(map(str, actions[::2]), map(str, actions[1::2])))
        told = {"id": self.last, "replaces": int(replaces), "icon": str(icon), "title": str(title), "body": str(body), "buttons": buttons}
        print(json.dumps(told), flush=True)
        return dbus.UInt32(self.last)

    @dbus.service.method(NAME, in_signature="u")
    def CloseNotification(self, number):
        self.NotificationClosed(number, 3)

    @dbus.service.signal(NAME, signature="us")
    def ActionInvoked(self, number, key):
        pass

    @dbus.service.signal(NAME, signature="uu")
    def NotificationClosed(self, number, reason):
        pass

    def command(self, source, _):
        line = source.readline()
        if not line:
            return False
        _, number, key = line.split()
        self.ActionInvoked(dbus.UInt32(int(number)), key)
        self.NotificationClosed(dbus.UInt32(int(number)), dbus.UInt32(2))
        return True


def main():
    DBusGMainLoop(set_as_default=True)
    bus = dbus.SessionBus()
    daemon = Daemon(bus)
    owned = dbus.service.BusName(NAME, bus, do_not_queue=True)
    GLib.io_add_watch(sys.stdin, GLib.IO_IN | GLib.IO_HUP, daemon.command)
    print(json.dumps({"ready": owned.get_name()}), flush=True)
    GLib.MainLoop().run()


main()

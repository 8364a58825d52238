// Package deploy holds what an installed daemon needs beside its program: the systemd unit, the
// system users, the runtime directory, the kernel limit and the example configuration. It has no
// code; its tests prove that the files say what the daemon relies on.
//
// The interfaces are those of systemd 247 or later: systemd.service(5), systemd.exec(5),
// sysusers.d(5), tmpfiles.d(5) and sysctl.d(5). README.md beside this file tells how to install.
//
//	cmd-daemon.service ---- User=cmd ------------- sysusers.d/cmd-daemon.conf
//	   |  |  |
//	   |  |  +-- RuntimeDirectory=cmd-daemon ----- tmpfiles.d/cmd-daemon.conf
//	   |  +----- CAP_NET_RAW, SO_RCVBUF ---------- sysctl.d/60-cmd-daemon.conf
//	   +-------- --config ------------------------ cmd-daemon.toml
//
// Concurrency does not arise. For an example see cmd-daemon.toml.
package deploy

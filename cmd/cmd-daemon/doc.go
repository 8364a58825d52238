// Command cmd-daemon is the call manager daemon: it owns NICs, keeps calls with the
// daemons of its peers and serves its clients on a unix socket. This package
// wires the others together and talks to systemd; it decides nothing.
//
//	cmd-daemon --config FILE         run in the foreground
//	cmd-daemon check --config FILE   validate the configuration and exit
//
//	  config        api <------ signalling <-----> datapath <---- nicio
//	     |           |               |                 |            |
//	     +-----------+-------[ cmd/cmd-daemon ]--------+------------+
//
// It speaks sd_notify(3) to systemd: READY when the socket is served, STATUS when the
// state changes, WATCHDOG as long as the call manager answers, STOPPING.
//
// Concurrency: the packages have their own goroutines; here is one that serves the
// socket and one that notifies. SIGTERM or SIGINT releases calls and ends the daemon in
// order, for which ten seconds are the bound; a second one ends it at once.
//
// Exit codes: 0 after SIGTERM or SIGINT, 1 after a failure, 2 for a wrong command
// line, 78 (EX_CONFIG) for a wrong configuration; systemd does not restart after 78.
package main

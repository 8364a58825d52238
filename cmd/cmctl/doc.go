// Command cmctl is the operator's and the user's command line to cmd-daemon: it shows
// what a daemon has, places and accepts calls on standard input and output, and makes
// labs of hosts in network namespaces.
//
//	cmctl status | links | vcs | calls | saps      what there is (--json for scripts)
//	cmctl call DEST < file                         place a call, send, release
//	cmctl listen > file                            accept a call, receive
//	cmctl call --pvc VPI/VCI                       the same on a permanent VC
//	cmctl pvc list | add | delete                  permanent VCs
//	cmctl modify HANDLE --pcr RATE                 change the rates of anybody's call
//	cmctl close HANDLE                             close anybody's call
//	cmctl restart LINK [VPI[/VCI]]                 clear calls at both ends
//	cmctl trace                                    follow the signalling as a ladder
//	cmctl capture -w FILE.pcapng                   write control and data for Wireshark
//	cmctl decode HEX|FILE|-                        take signalling octets apart, without a daemon
//	cmctl bench sink | source | rtt | calls        measure between two daemons
//	cmctl lab up | run | exec | down               hosts on this machine
//	cmctl demo                                     the main job, shown and verified
//
//	 stdin --> [ cmctl call ] ==VC==> [ cmctl listen ] --> stdout
//
// Exit codes: 0 after success, and for calls after normal clearing; 1 after a failure,
// with the reason (for calls the cause in words) on standard error; 2 for a wrong command
// line.
//
// An interrupt releases calls with normal call clearing and ends the program; so does an
// output that nobody reads any more, with exit code 1.
//
// Each verb is one file. What stands alone is in packages below: bench, capfile, histogram, ladder and table.
//
// Concurrency: a verb is one goroutine; call and listen have one more for each direction of a VC, trace one
// that prints, and capture one that writes and one that shows the count. What bench does is in package bench,
// which has a goroutine for each call; one more shows how far it is.
package main

// Package peer is what the harness of lab/interop says to the program in its guest, and hears of it:
// one JSON object a line over TCP, one request a connection.
//
//	harness                                guest
//	+---------------+      TCP 5000        +-----------------------+
//	| Request       |--------------------->| atmpeer  sockets of   |
//	| Report ...    |<---------------------|          PF_ATMSVC    |
//	+---------------+                      +-----------------------+
//
// A request that listens or calls goes on until the harness closes the connection or the calls are
// over; its reports come as things happen, the last one with Done.
package peer

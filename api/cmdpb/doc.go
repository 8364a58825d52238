// Package cmdpb is the generated schema of the control protocol between
// cmd-daemon and its clients, and how both of them put several messages into one
// datagram. The protocol is described in cmd.proto; regenerate with "make generate".
//
//	client                          cmd-daemon
//	  | ClientMessage{request, op}      |
//	  |-------------------------------->|
//	  |    Reply{request, status}       |   at once
//	  |<--------------------------------|
//	  |    ...Complete{request}         |   once, if the status was PENDING
//	  |<--------------------------------|
//
// Concurrency: messages are plain data; a message belongs to one goroutine at a
// time.
package cmdpb

// Command atmpeer runs in the guest of lab/interop: it makes and takes calls through the kernel's own
// sockets (PF_ATMSVC, served by atmsigd) as package peer asks it to. It is linked statically and takes
// no arguments.
//
//	      TCP               PF_ATMSVC                   device
//	harness --> atmpeer <---------------> kernel ATM <----------> atmtcp
//	                                        |
//	                                        +-- atmsigd: SSCOP, Q.2931
package main

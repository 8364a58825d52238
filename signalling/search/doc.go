// Package search proves things of small systems of protocol machines by visiting every state that
// they can reach. It is a tool of the tests: nothing that runs imports it, and it knows no protocol.
//
//	machines + channels + budgets          search
//	  encode  |     ^ decode
//	          v     |
//	    canonical state (a string) ---> Explore: breadth first, each state once
//	                                       |  a broken invariant: FaultError with the shortest way to it
//	                                       v
//	                                    Graph ---> Stuck: states that no calm way leads out of
//
// A state is its encoding, so two states are one exactly if they are encoded alike: an encoding
// leaves out what no longer matters and counts relatively what only matters relatively, or the space
// is not finite. A step is calm if the world may be left to itself for it: a message arrives, a timer
// runs out, a user answers what he was asked. Losses, resets and new requests are not calm.
//
// A system of which no state is stuck comes to its goal from wherever it is, once it is left alone:
// every set of states that calm steps do not leave holds a goal, so whoever goes on at random, and
// disfavours no step for ever, meets one.
//
// To add machines, write their System: hold the machines and the channels between them in a struct,
// Next decodes the state, and for each event that is enabled makes the transition on a fresh copy
// and yields its encoding.
//
// Concurrency: a Graph is constant once made. Explore calls Next from one goroutine.
package search

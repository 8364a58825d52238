// Package quota says what clients may hold, and how one is told that it has it all.
//
// A [Kind] is one limit. Its name is the key below [limits] in the daemon's configuration, and, after
// "limited_", that of the counter of what was refused for it, so an operator who meets one finds the
// others. The package counts nothing that is held: that is the business of who holds it.
//
//	 configuration            call manager, api           client
//	+------------+   Limits  +-----------------+  detail  +-------------+
//	| [limits]   |---------->| held >= limit ? |--------->| RESOURCES,  |
//	+------------+           +-----------------+          | or goodbye  |
//	                                 | Counts             +-------------+
//	                                 v
//	                          counters limited_vcs, ...
//
// # Users
//
// A user is a user identifier of the system, by SO_PEERCRED. Limits of a user bind all its clients
// together, and no administrator: who may end the calls of others gains nothing by having many.
//
// # Concurrency
//
// [Limits] are values. [Counts] belong to who counts.
package quota

// Package quota says how much clients may hold at a time, and what they may unless somebody says
// otherwise. It counts nothing: the client model (package cm) does, and refuses with RESOURCES.
//
//	one client:  VCs  SAPs  parties  calls in progress  ring memory
//	the daemon:                      calls in progress (backlog)
//
// Concurrency: values are plain data.
//
//	limits := quota.Limits{VCs: 16}.WithDefaults()
package quota

// Package vc says what a virtual connection is: its identifiers, its traffic
// contract, the states that it and the call on it pass through, the allocation
// of identifiers on a link and the admission of contracts to its capacity.
//
// It holds no protocol and moves no frame. Everything else of the project
// imports it and it imports nothing of the project, so the types that cross
// from the control plane to the data plane stand here too (see plane.go).
//
//	         signalling                         datapath
//	calls on a link, by call reference    frames on a link, by label
//	             \                             /
//	              \   vc.ID{Link, VPI, VCI}   /
//	               +--- vc.Contract ---------+
//	               |    vc.Handle (client)   |
//	               +-------------------------+
//
// Identifiers follow I.361 (VPI, VCI), contracts TM 4.1 and the ATM traffic
// descriptor of Q.2931 clause 4.5.6, addresses X.213 Annex A and E.164 as UNI
// 4.0 uses them.
//
// Concurrency: values are plain data and may be copied between goroutines.
// [Allocator] and [Capacity] belong to one goroutine, that of their link.
//
//	id, err := channels.Allocate()
//	price := capacity.Price(&contract, true)
//	err = capacity.Reserve(price)
//	...
//	capacity.Release(price)
//	channels.Release(id)
package vc

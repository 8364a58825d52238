// Package rtnl follows one network interface by name: whether it exists, its index, MTU, address,
// speed, and whether it is up and has carrier.
//
// It asks and listens through rtnetlink (rtnetlink(7), Linux 6.18). An interface that does not
// exist is a state and no failure, so a daemon may start before its NIC is there. An interface that
// is deleted and created again, or renamed away and another one renamed to its name, shows as a
// change of Index.
//
//	kernel ── RTM_NEWLINK, RTM_DELLINK ──▶ tracker (by name) ── changed? ──▶ channel of Link
//	       ◀── RTM_GETLINK at the start, and after messages were lost ──┘
//
// It does not configure anything, and it knows nothing of sockets: who receives a [Link] calls
// Rebind of the ports on it.
//
// [Watch] runs one goroutine, which ends with its context. It belongs to the network namespace of
// the thread that called Watch. No capability is needed.
//
//	links, err := rtnl.Watch(ctx, "eth1")
//	for link := range links {
//		if link.Exists() {
//			err := port.Rebind()
//		}
//	}
package rtnl

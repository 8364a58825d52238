// Package lab makes hosts on one machine: each a network namespace with one NIC and a
// cmd-daemon on it. It is what `cmctl lab`, the demo and the tests that need real
// sockets are built on. It needs root, and touches nothing but the namespaces,
// interfaces and files that it has made.
//
//	two hosts                          more hosts
//
//	+---------+        +---------+     +---------+      +---------+
//	|  alice  |        |   bob   |     |  alice  |      |   bob   |
//	| daemon  |        | daemon  |     | daemon  |      | daemon  |
//	|  eth0 ==|== veth |== eth0  |     |  eth0   |      |  eth0   |
//	+---------+        +---------+     +----|----+      +----|----+
//	                                        |   +--------+   |
//	                                        +---| bridge |---+   ...
//	                                            +--------+
//
// Each host has a link to every other over its one NIC, and the names of the others in
// its [hosts]. The bridge stands in a namespace of its own.
//
// A lab has a directory under /run/cmd-lab with its state, and for each host the
// configuration, the log and the socket of its daemon. A lab that belongs to a
// process (Owned) is swept away by the next lab that is made once that process has
// ended, however it did.
//
//	l, err := lab.Up(ctx, lab.Config{Name: "try", Owned: true})
//	...
//	defer l.Down(context.WithoutCancel(ctx))
//	if err := l.AwaitLinks(ctx, nil); err != nil { ... }
//	alice, err := l.Hosts()[0].Dial(ctx)
//
// Concurrency: a Lab belongs to one goroutine but for Host.Dial and Host.Command, which any
// may call.
package lab

package datapath_test

import (
	"context"
	"fmt"
	"log"
	"os"

	"golang.org/x/sys/unix"

	"callmanager/datapath"
	"callmanager/datapath/frame"
	"callmanager/datapath/ring"
	"callmanager/nicio"
	"callmanager/nicio/mem"
	"callmanager/vc"
)

// Two engines on a wire in memory carry an SDU from one client to another, on VPI 0 and VCI 100.
func Example() {
	wire := mem.New(mem.Config{})
	macs := []vc.MAC{{2, 0, 0, 0, 0, 1}, {2, 0, 0, 0, 0, 2}}
	var clients []*ring.Endpoint
	for i, own := range macs {
		e, err := datapath.New(datapath.Config{
			Links:   []datapath.LinkConfig{{ID: 1, Name: "lab", Interface: "eth1", Peer: macs[1-i]}},
			NICs:    map[string]datapath.NIC{"eth1": exampleNIC(wire, own)},
			Receive: func(vc.LinkID, []byte) {},
		})
		if err != nil {
			log.Fatal(err)
		}
		defer e.Close()
		e.Start()

		flow := vc.Flow{PCR: 100000, MaxSDU: 1492}
		ports, err := e.OpenVC(7, vc.RingSpec{Send: flow, Receive: flow})
		if err != nil {
			log.Fatal(err)
		}
		channel := vc.ID{Link: 1, VPI: 0, VCI: 100}
		if err := e.Activate(channel, 7, vc.BranchSpec{Send: flow, Receive: flow}); err != nil {
			log.Fatal(err)
		}
		e.OpenTransmit(channel)
		clients = append(clients, exampleClient(ports))
	}
	ctx := context.Background()
	if err := clients[0].Send(ctx, ring.Record{Payload: []byte("hello")}); err != nil {
		log.Fatal(err)
	}
	buf := make([]byte, 1492)
	n, _, err := clients[1].Receive(ctx, buf)
	fmt.Printf("%s %v\n", buf[:n], err)
	for _, c := range clients {
		_ = c.Close()
		<-c.Done()
	}
	// Output: hello <nil>
}

// exampleNIC opens the two ports of a station.
func exampleNIC(wire *mem.Wire, own vc.MAC) datapath.NIC {
	reject, _ := nicio.RejectLabels(uint32(frame.Signalling))
	accept, _ := nicio.AcceptLabels(uint32(frame.Signalling))
	data, _ := wire.Open(nicio.MAC(own), nicio.Config{Filter: reject})
	control, _ := wire.Open(nicio.MAC(own), nicio.Config{Filter: accept})
	return datapath.NIC{Data: data, Control: control}
}

// exampleClient opens the rings as a client does that was passed the descriptors.
func exampleClient(ports vc.Ports) *ring.Endpoint {
	defer ports.Close()
	end, err := ring.Open(ring.Descriptors{Memory: exampleDup(ports.Memory), Doorbell: exampleDup(ports.Doorbell)})
	if err != nil {
		log.Fatal(err)
	}
	return end
}

// exampleDup stands for passing a descriptor over a socket.
func exampleDup(f *os.File) int {
	fd, err := unix.FcntlInt(f.Fd(), unix.F_DUPFD_CLOEXEC, 3)
	if err != nil {
		log.Fatal(err)
	}
	return fd
}

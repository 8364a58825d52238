package linktest

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"callmanager/datapath"
	"callmanager/datapath/ring"
	"callmanager/vc"
)

// Patience bounds what a test waits for.
const Patience = 30 * time.Second

// VC is what [Node.Open] opens.
var VC = vc.ID{Link: 1, VPI: 1, VCI: 100}

// A Node is an engine with one link.
type Node struct {
	*datapath.Engine
	// Control has the SDUs of the control VC, and Status the states of the link.
	Control chan []byte
	Status  chan vc.LinkStatus

	t *testing.T
}

// NewNode starts an engine on a transport.
func NewNode(t *testing.T, tr datapath.Transport) *Node {
	t.Helper()
	n := &Node{t: t, Control: make(chan []byte, 100), Status: make(chan vc.LinkStatus, 100)}
	var err error
	n.Engine, err = datapath.New(datapath.Config{
		Links:   []datapath.LinkConfig{{ID: VC.Link, Name: "carried", Transport: tr}},
		Receive: func(_ vc.LinkID, sdu []byte) { n.Control <- bytes.Clone(sdu) },
		Status:  func(_ vc.LinkID, st vc.LinkStatus) { n.Status <- st },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := n.Close(); err != nil {
			t.Error(err)
		}
	})
	n.Start()
	return n
}

// Await returns the first state that is up, or not.
func (n *Node) Await(up bool) vc.LinkStatus {
	n.t.Helper()
	late, cancel := context.WithTimeout(n.t.Context(), Patience)
	defer cancel()
	for {
		select {
		case st := <-n.Status:
			if st.Up == up {
				return st
			}
		case <-late.Done():
			n.t.Fatalf("the link's state does not become up %v", up)
		}
	}
}

// Hear returns the next SDU of the control VC.
func (n *Node) Hear() string {
	n.t.Helper()
	late, cancel := context.WithTimeout(n.t.Context(), Patience)
	defer cancel()
	select {
	case sdu := <-n.Control:
		return string(sdu)
	case <-late.Done():
		n.t.Fatal("no control SDU comes")
	}
	return ""
}

// Open makes [VC] with a flow each way and returns the client's end.
func (n *Node) Open(h vc.Handle, f vc.Flow) *ring.Endpoint {
	n.t.Helper()
	ports, err := n.OpenVC(h, vc.RingSpec{Send: f, Receive: f})
	if err != nil {
		n.t.Fatal(err)
	}
	var d ring.Descriptors
	if d.Memory, err = unix.FcntlInt(ports.Memory.Fd(), unix.F_DUPFD_CLOEXEC, 3); err != nil {
		n.t.Fatal(err)
	}
	if d.Doorbell, err = unix.FcntlInt(ports.Doorbell.Fd(), unix.F_DUPFD_CLOEXEC, 3); err != nil {
		n.t.Fatal(err)
	}
	end, err := ring.Open(d)
	if err = errors.Join(err, ports.Close()); err != nil {
		n.t.Fatal(err)
	}
	n.t.Cleanup(func() { _ = end.Close() })
	if err := n.Activate(VC, h, vc.BranchSpec{Send: f, Receive: f}); err != nil {
		n.t.Fatal(err)
	}
	n.OpenTransmit(VC)
	return end
}

// WantCounter waits for a value of one of the link's counters: a client may see an SDU before it is
// counted.
func (n *Node) WantCounter(name string, want uint64) {
	n.t.Helper()
	late, cancel := context.WithTimeout(n.t.Context(), Patience)
	defer cancel()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for {
		counters := n.LinkCounters(VC.Link)
		i := slices.IndexFunc(counters, func(c vc.Counter) bool { return c.Name == name })
		if i < 0 {
			n.t.Fatalf("no counter %s", name)
		}
		if counters[i].Value == want {
			return
		}
		select {
		case <-tick.C:
		case <-late.Done():
			n.t.Errorf("%s is %d, want %d", name, counters[i].Value, want)
			return
		}
	}
}

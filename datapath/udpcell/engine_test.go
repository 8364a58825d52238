package udpcell_test

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"callmanager/datapath"
	"callmanager/datapath/ring"
	"callmanager/datapath/udpcell"
	"callmanager/vc"
)

// A node is an engine with one link of cells on the loopback interface.
type node struct {
	*testing.T
	*datapath.Engine
	control chan []byte
	status  chan vc.LinkStatus
}

func newNode(t *testing.T, cfg udpcell.Config) *node {
	t.Helper()
	tr, err := udpcell.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	n := &node{T: t, control: make(chan []byte, 100), status: make(chan vc.LinkStatus, 100)}
	n.Engine, err = datapath.New(datapath.Config{
		Links:   []datapath.LinkConfig{{ID: 1, Name: "udp", Transport: tr}},
		Receive: func(_ vc.LinkID, sdu []byte) { n.control <- bytes.Clone(sdu) },
		Status:  func(_ vc.LinkID, st vc.LinkStatus) { n.status <- st },
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

// up waits until the link is.
func (n *node) up() {
	n.Helper()
	for late := time.After(patience); ; {
		select {
		case st := <-n.status:
			if st.Up && st.MaxSDU == udpcell.MaxSDU {
				return
			}
		case <-late:
			n.Fatal("the link does not come up")
		}
	}
}

// open makes a VC on channel 1/100 and returns the client's end.
func (n *node) open(h vc.Handle) *ring.Endpoint {
	n.Helper()
	channel := vc.ID{Link: 1, VPI: 1, VCI: 100}
	f := vc.Flow{PCR: 1 << 20, MaxSDU: udpcell.MaxSDU}
	ports, err := n.OpenVC(h, vc.RingSpec{Send: f, Receive: f})
	if err != nil {
		n.Fatal(err)
	}
	var d ring.Descriptors
	if d.Memory, err = unix.FcntlInt(ports.Memory.Fd(), unix.F_DUPFD_CLOEXEC, 3); err != nil {
		n.Fatal(err)
	}
	if d.Doorbell, err = unix.FcntlInt(ports.Doorbell.Fd(), unix.F_DUPFD_CLOEXEC, 3); err != nil {
		n.Fatal(err)
	}
	end, err := ring.Open(d)
	if err = errors.Join(err, ports.Close()); err != nil {
		n.Fatal(err)
	}
	n.Cleanup(func() { _ = end.Close() })
	if err := n.Activate(channel, h, vc.BranchSpec{Send: f, Receive: f}); err != nil {
		n.Fatal(err)
	}
	n.OpenTransmit(channel)
	return end
}

// TestEngines carries signalling and data between two engines.
func TestEngines(t *testing.T) {
	addrA, addrB := twoPorts(t)
	a, b := newNode(t, udpcell.Config{Local: addrA, Peer: addrB}), newNode(t, udpcell.Config{Local: addrB, Peer: addrA})
	a.up()
	b.up()
	for _, way := range [][2]*node{{a, b}, {b, a}} {
		way[0].Channel(1).Send([]byte("setup"))
		select {
		case sdu := <-way[1].control:
			if string(sdu) != "setup" {
				t.Errorf("signalling is %q", sdu)
			}
		case <-time.After(patience):
			t.Fatal("no signalling comes")
		}
	}
	endA, endB := a.open(7), b.open(8)
	buf := make([]byte, udpcell.MaxSDU)
	for i, n := range []int{1, 40, 41, 1500, 9180, udpcell.MaxSDU} {
		for _, way := range [][2]*ring.Endpoint{{endA, endB}, {endB, endA}} {
			want := bytes.Repeat([]byte{byte(i + 1)}, n)
			m := ring.Meta{UU: uint8(i & 1), Flags: ring.Flags(i) & (ring.CLP | ring.EFCI)}
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			if err := way[0].Send(ctx, ring.Record{Payload: want, Meta: m}); err != nil {
				t.Fatal(err)
			}
			got, gotMeta, err := way[1].Receive(ctx, buf)
			cancel()
			if err != nil || !bytes.Equal(want, buf[:got]) || gotMeta != m {
				t.Fatalf("an SDU of %d octets with %+v came as %d with %+v, %v", n, m, got, gotMeta, err)
			}
		}
	}
}

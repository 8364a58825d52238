package client_test

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"callmanager/api"
	"callmanager/client"
	"callmanager/datapath"
	"callmanager/nicio"
	"callmanager/nicio/mem"
	"callmanager/signalling"
	"callmanager/signalling/q2931/ie"
	"callmanager/vc"
)

// linkID is the identifier of the one link of a host.
const linkID vc.LinkID = 1

// controlLabel is the label of the control VC, which has ports of its own.
const controlLabel = 0x10005

// host is a whole daemon in this process, on a wire in memory.
type host struct {
	engine  *datapath.Engine
	manager *signalling.Manager
	server  *api.Server
	socket  string
	address string
}

// lab is two hosts, alice and bob.
type lab struct {
	alice, bob *host
}

// newLab starts two hosts and waits until their link is up.
func newLab(dir string) (*lab, func(), error) {
	w := mem.New(mem.Config{})
	a, b := vc.MAC{2, 0, 0, 0, 0, 1}, vc.MAC{2, 0, 0, 0, 0, 2}
	l := &lab{alice: &host{}, bob: &host{}}
	closeAll := func() {
		l.alice.close()
		l.bob.close()
	}
	if err := l.alice.start(w, filepath.Join(dir, "alice"), a, b, map[string]vc.Addr{"bob": vc.AddrFromMAC(b)}); err != nil {
		return nil, closeAll, err
	}
	if err := l.bob.start(w, filepath.Join(dir, "bob"), b, a, nil); err != nil {
		return nil, closeAll, err
	}
	return l, closeAll, l.awaitUp()
}

// start makes the pieces of a daemon and connects them.
func (h *host) start(w *mem.Wire, socket string, mac, peer vc.MAC, hosts map[string]vc.Addr) error {
	station, err := w.Station(nicio.MAC(mac))
	if err != nil {
		return err
	}
	reject, err := nicio.RejectLabels(controlLabel)
	if err != nil {
		return err
	}
	accept, err := nicio.AcceptLabels(controlLabel)
	if err != nil {
		return err
	}
	data, err := station.Open(nicio.Config{Filter: reject})
	if err != nil {
		return err
	}
	control, err := station.Open(nicio.Config{Filter: accept})
	if err != nil {
		return err
	}
	h.engine, err = datapath.New(datapath.Config{
		Links:     []datapath.LinkConfig{{ID: linkID, Name: "peer", Interface: "mem", Peer: peer}},
		NICs:      map[string]datapath.NIC{"mem": {Data: data, Control: control, Speed: 1e9}},
		Receive:   func(link vc.LinkID, sdu []byte) { h.manager.Receive(link, sdu) },
		Status:    func(link vc.LinkID, st vc.LinkStatus) { h.manager.LinkStatus(link, st) },
		Violation: func(v vc.Handle, err error) { h.manager.Violation(v, err) },
	})
	if err != nil {
		return err
	}
	h.manager, err = signalling.New(signalling.Config{
		Links: []signalling.LinkConfig{{
			ID: linkID, Name: "peer", Interface: "mem", Peer: peer, Mode: "frame", Channel: h.engine.Channel(linkID),
		}},
		Hosts: hosts, Plane: h.engine, Version: "test",
	})
	if err != nil {
		return err
	}
	if h.server, err = api.Listen(socket, api.Config{Manager: h.manager}); err != nil {
		return err
	}
	h.socket, h.address = socket, vc.AddrFromMAC(mac).String()
	h.manager.Start()
	h.engine.Start()
	go func() { _ = h.server.Serve() }()
	return nil
}

// close ends the daemon.
func (h *host) close() {
	if h.server != nil {
		_ = h.server.Close()
	}
	if h.manager != nil {
		_ = h.manager.Close()
	}
	if h.engine != nil {
		_ = h.engine.Close()
	}
}

// shutdown ends the daemon as SIGTERM does.
func (h *host) shutdown(ctx context.Context) error {
	return h.manager.Shutdown(ctx, ie.Cause{Value: ie.CauseDestinationOutOfOrder})
}

// awaitUp waits until both ends of the link take calls.
func (l *lab) awaitUp() error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for {
		up := 0
		for _, h := range []*host{l.alice, l.bob} {
			rows, _, err := h.manager.Links(ctx, "", 0)
			if err != nil {
				return err
			}
			if len(rows) == 1 && rows[0].State == "up" {
				up++
			}
		}
		if up == 2 {
			return nil
		}
		<-tick.C
	}
}

// startLab makes a lab for a test.
func startLab(t *testing.T) *lab {
	t.Helper()
	l, end, err := newLab(t.TempDir())
	t.Cleanup(end)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// dial connects a test to a host.
func (h *host) dial(t *testing.T) *client.Conn {
	t.Helper()
	c, err := client.Dial(t.Context(), client.Options{Socket: h.socket, Name: t.Name()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// counter returns a counter by name.
func counter(cs []vc.Counter, name string) uint64 {
	for _, c := range cs {
		if c.Name == name {
			return c.Value
		}
	}
	return 1 << 63
}

// awaitEmpty waits until neither host has a VC, a call, a SAP, reserved bandwidth or memory of rings.
func (l *lab) awaitEmpty(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for _, h := range []*host{l.alice, l.bob} {
		for {
			s, err := h.manager.Status(ctx)
			if err != nil {
				t.Fatalf("%s is not empty: %+v: %v", h.socket, s, err)
			}
			links, _, err := h.manager.Links(ctx, "", 0)
			if err != nil {
				t.Fatal(err)
			}
			if s.VCs == 0 && s.Calls == 0 && s.SAPs == 0 && links[0].Reserved == 0 && links[0].Calls == 0 &&
				counter(s.Counters, "ring_octets") == 0 {
				break
			}
			<-tick.C
		}
	}
}

package signalling_test

import (
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"callmanager/signalling"
	"callmanager/signalling/cm"
	"callmanager/signalling/sim"
	"callmanager/vc"
)

var (
	macA = vc.MAC{2, 0, 0, 0, 0, 1}
	macB = vc.MAC{2, 0, 0, 0, 0, 2}
)

// net is two hosts on one wire.
type net struct {
	t    *testing.T
	wire *sim.Wire
	opts sim.Options
	a, b *sim.Host
}

// newNet starts two hosts, which come up in the bubble's time.
func newNet(t *testing.T, delay time.Duration, loss float64, o sim.Options) *net {
	t.Helper()
	n := &net{t: t, wire: sim.NewWire(delay, loss, 1), opts: o}
	n.a = n.host("a", macA, macB, n.wire.A())
	n.b = n.host("b", macB, macA, n.wire.B())
	n.awaitUp(n.a)
	n.awaitUp(n.b)
	return n
}

func (n *net) host(name string, mac, peer vc.MAC, end *sim.End) *sim.Host {
	n.t.Helper()
	h, err := sim.NewHost(name, mac, peer, end, n.opts)
	if err != nil {
		n.t.Fatal(err)
	}
	h.Start()
	return h
}

// awaitUp lets time pass until the host's link takes calls.
func (n *net) awaitUp(h *sim.Host) {
	n.t.Helper()
	n.await("link up", func() bool { return n.link(h).State == "up" })
}

// await lets time pass until ok holds, for two minutes at most.
func (n *net) await(what string, ok func() bool) {
	n.t.Helper()
	for range 1200 {
		synctest.Wait()
		if ok() {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	n.t.Fatalf("waited in vain for: %s\na: %+v\nb: %+v", what, n.link(n.a), n.link(n.b))
}

func (n *net) link(h *sim.Host) signalling.LinkRow {
	n.t.Helper()
	rows, next, err := h.Links(n.t.Context(), "", 0)
	if err != nil || len(rows) != 1 || next != "" {
		n.t.Fatalf("links: %+v %q %v", rows, next, err)
	}
	return rows[0]
}

// empty waits until neither host holds a call or a client's VC, then checks
// that nothing is reserved, leaked or broken.
func (n *net) empty() {
	n.t.Helper()
	for name, h := range map[string]*sim.Host{"a": n.a, "b": n.b} {
		n.await(name+" empty", func() bool {
			calls, _, err := h.Calls(n.t.Context(), "", 0)
			if err != nil {
				n.t.Fatal(err)
			}
			s, err := h.Status(n.t.Context())
			if err != nil {
				n.t.Fatal(err)
			}
			return len(calls) == 0 && s.Calls == 0 && s.VCs == 0 && n.link(h).Reserved == 0
		})
		if err := h.Plane.Err(); err != nil {
			n.t.Errorf("%s: %v", name, err)
		}
		if left := h.Plane.Leaks(); left != "" {
			n.t.Errorf("%s leaks %s", name, left)
		}
		s, err := h.Status(n.t.Context())
		if err != nil || count(s.Counters, "model_faults") != 0 || count(s.Counters, "ring_octets") != 0 {
			n.t.Errorf("%s: status %+v, %v", name, s, err)
		}
	}
}

// close ends both hosts; the bubble sees to it that no goroutine is left.
func (n *net) close() {
	for _, h := range []*sim.Host{n.a, n.b} {
		if err := h.Crash(); err != nil {
			n.t.Error(err)
		}
	}
}

func count(cs []vc.Counter, name string) uint64 {
	for _, c := range cs {
		if c.Name == name {
			return c.Value
		}
	}
	return 0
}

// accepting is a client that accepts every offer, answers every close and
// acknowledges every ring.
func accepting(c *sim.Client, ev cm.Event) {
	switch ev := ev.(type) {
	case cm.IncomingCall:
		c.Go(cm.IncomingCallComplete{Request: 1000, VC: ev.VC})
	default:
		polite(c, ev)
	}
}

// polite is a client that answers every close and acknowledges every ring.
func polite(c *sim.Client, ev cm.Event) {
	switch ev := ev.(type) {
	case cm.IncomingCloseCall:
		c.Go(cm.CloseCall{Request: 1001, VC: ev.VC})
	case cm.CloseCallComplete:
		c.Go(cm.RingDone{Request: 1002, VC: ev.VC})
	case cm.MakeCallComplete:
		if ev.Status != cm.Success {
			c.Go(cm.RingDone{Request: 1003, VC: ev.VC})
		}
	}
}

// find returns the first event of a type.
func find[E cm.Event](events []cm.Event) (E, bool) {
	for _, ev := range events {
		if e, ok := ev.(E); ok {
			return e, true
		}
	}
	var none E
	return none, false
}

// want waits for an event of a type and returns it with all that came so far.
func want[E cm.Event](n *net, c *sim.Client) (E, []cm.Event) {
	n.t.Helper()
	var got E
	var events []cm.Event
	n.await("an event", func() (ok bool) {
		events = append(events, c.Events()...)
		got, ok = find[E](events)
		return ok
	})
	return got, events
}

// newVC makes a VC of c.
func newVC(n *net, c *sim.Client) vc.Handle {
	n.t.Helper()
	synctest.Wait()
	c.Events()
	c.Do(cm.CreateVC{Request: c.Number()})
	reply, _ := want[cm.Reply](n, c)
	if reply.Handle == 0 {
		n.t.Fatalf("CreateVC: %+v", reply)
	}
	return reply.Handle
}

// dial makes a call to the peer and waits for its completion.
func dial(n *net, c *sim.Client) (vc.Handle, cm.MakeCallComplete) {
	n.t.Helper()
	h := newVC(n, c)
	c.Do(cm.MakeCall{Request: c.Number(), VC: h, Called: "peer"})
	done, events := want[cm.MakeCallComplete](n, c)
	if reply, ok := events[0].(cm.Reply); !ok || reply.Status != cm.Pending {
		n.t.Errorf("the first answer to MakeCall is %+v", events[0])
	}
	return h, done
}

// seeded returns a source of chance for a test.
func seeded(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, seed)) }

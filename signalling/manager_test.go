package signalling_test

import (
	"context"
	"errors"
	"fmt"
	gonet "net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"callmanager/signalling"
	"callmanager/signalling/cm"
	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/q2931/msg"
	"callmanager/signalling/sim"
	"callmanager/signalling/sscf"
	"callmanager/signalling/sscop"
	"callmanager/signalling/uni"
	"callmanager/vc"
)

func (n *net) status(h *sim.Host) signalling.DaemonStatus {
	n.t.Helper()
	s, err := h.Status(n.t.Context())
	if err != nil {
		n.t.Fatal(err)
	}
	return s
}

// TestConfig proves which configurations are refused.
func TestConfig(t *testing.T) {
	wire := sim.NewWire(0, 0, 1)
	plane := sim.NewPlane(0)
	link := signalling.LinkConfig{ID: 1, Name: "lab", Role: "user", Channel: wire.A()}
	with := func(change func(l *signalling.LinkConfig)) []signalling.LinkConfig {
		l := link
		change(&l)
		return []signalling.LinkConfig{link, l}
	}
	rows := map[string]signalling.Config{
		"no plane":           {Links: []signalling.LinkConfig{link}},
		"identifier zero":    {Plane: plane, Links: with(func(l *signalling.LinkConfig) { l.ID, l.Name = 0, "x" })},
		"identifier twice":   {Plane: plane, Links: with(func(l *signalling.LinkConfig) { l.Name = "x" })},
		"name twice":         {Plane: plane, Links: with(func(l *signalling.LinkConfig) { l.ID = 2 })},
		"no control channel": {Plane: plane, Links: with(func(l *signalling.LinkConfig) { l.ID, l.Name, l.Channel = 2, "x", nil })},
		"unknown role":       {Plane: plane, Links: with(func(l *signalling.LinkConfig) { l.ID, l.Name, l.Role = 2, "x", "peer" })},
	}
	for name, cfg := range rows {
		if _, err := signalling.New(cfg); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

// TestClose proves that Close may come twice, and before Start, and that what
// comes later fails or does nothing.
func TestClose(t *testing.T) {
	for _, started := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			wire := sim.NewWire(time.Millisecond, 0, 1)
			h, err := sim.NewHost("a", macA, macB, wire.A(), sim.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if started {
				h.Start()
			}
			stream, err := h.Trace("", 1)
			if err != nil {
				t.Fatal(err)
			}
			for range 2 {
				if err := h.Close(); err != nil {
					t.Error(err)
				}
			}
			for range stream.C() { // closed by Close
			}
			stream.Close()
			c := h.NewClient("late", nil)
			c.Kill()
			h.Receive(sim.Link, []byte{1})
			h.SetPort(true)
			h.Manager.Start()
			ctx := context.Background()
			_, errStatus := h.Status(ctx)
			_, _, errLinks := h.Links(ctx, "", 0)
			_, _, errVCs := h.VCs(ctx, "", 0)
			_, _, errCalls := h.Calls(ctx, "", 0)
			_, _, errSAPs := h.SAPs(ctx, "", 0)
			for _, err := range []error{errStatus, errLinks, errVCs, errCalls, errSAPs, h.Shutdown(ctx, ie.Cause{})} {
				if !errors.Is(err, gonet.ErrClosed) {
					t.Errorf("%v, want net.ErrClosed", err)
				}
			}
		})
	}
}

// TestLists proves the rows of the lists and their pages.
func TestLists(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNet(t, time.Millisecond, 0, sim.Options{})
		defer n.close()
		callee := n.b.NewClient("callee", accepting)
		for sel := range 5 {
			callee.Do(cm.RegisterSAP{Request: callee.Number(), Selector: uint8(sel)})
		}
		caller := n.a.NewClient("caller", polite)
		for range 5 {
			dial(n, caller)
		}
		synctest.Wait()
		ctx := t.Context()
		vcs := pages(t, func(after string) (int, string, error) {
			rows, next, err := n.b.VCs(ctx, after, 2)
			for _, r := range rows {
				if r.CallState != vc.Connected || !r.Incoming || r.Owner != "callee" || r.Link != "b" || len(r.Counters) == 0 {
					t.Errorf("VC %+v", r)
				}
			}
			return len(rows), next, err
		})
		calls := pages(t, func(after string) (int, string, error) {
			rows, next, err := n.b.Calls(ctx, after, 2)
			for _, r := range rows {
				if r.Ours || r.Link != "b" || r.VC == 0 || r.Called != vc.AddrFromMAC(macB) || r.Age < 0 {
					t.Errorf("call %+v", r)
				}
			}
			return len(rows), next, err
		})
		saps := pages(t, func(after string) (int, string, error) {
			rows, next, err := n.b.SAPs(ctx, after, 2)
			for _, r := range rows {
				if r.Owner != "callee" || r.Filter.Selector == 0 && r.Offered != 5 {
					t.Errorf("SAP %+v", r)
				}
			}
			return len(rows), next, err
		})
		if vcs != 5 || calls != 5 || saps != 5 {
			t.Errorf("%d VCs, %d calls, %d SAPs, want 5 each", vcs, calls, saps)
		}
		row := n.link(n.b)
		if row.Role != "user" || row.Peer != macA || row.MAC != macB || row.Calls != 5 || row.Capacity != 1e9 ||
			row.MaxSDU != 1492 || row.Address != vc.AddrFromMAC(macB) || len(row.Counters) == 0 {
			t.Errorf("link %+v", row)
		}
		for _, token := range []string{"x", "1.2", "1.2.3.4", "-1", "10000000000000000"} {
			_, _, errVCs := n.b.VCs(ctx, token, 1)
			_, _, errCalls := n.b.Calls(ctx, token, 1)
			_, _, errLinks := n.b.Links(ctx, token, 1)
			if errVCs == nil || errCalls == nil || errLinks == nil {
				t.Errorf("page token %q is accepted", token)
			}
		}
	})
}

// pages walks a list page by page and returns how many rows it has.
func pages(t *testing.T, list func(after string) (int, string, error)) int {
	t.Helper()
	n, after := 0, ""
	for {
		rows, next, err := list(after)
		if err != nil {
			t.Fatal(err)
		}
		n += rows
		if next == "" {
			return n
		}
		after = next
	}
}

// TestTrace proves that a trace shows a call message by message to those who
// listen, and counts what a slow reader misses.
func TestTrace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNet(t, time.Millisecond, 0, sim.Options{})
		defer n.close()
		if _, err := n.a.Trace("nowhere", 1); err == nil {
			t.Error("a trace of an unknown link")
		}
		all, err := n.a.Trace("a", 1000)
		if err != nil {
			t.Fatal(err)
		}
		slow, err := n.a.Trace("", 1)
		if err != nil {
			t.Fatal(err)
		}
		caller, callee, h := n.up()
		caller.Do(cm.CloseCall{Request: caller.Number(), VC: h})
		want[cm.CloseCallComplete](n, caller)
		all.Close()
		all.Close()
		seen := make(map[string]bool)
		var records int
		for r := range all.C() {
			records++
			if r.Link != "a" || len(r.SDU) == 0 || r.Summary == "" || r.Time.IsZero() || r.Lost != 0 {
				t.Errorf("record %+v", r)
			}
			if r.Message != "" && r.CallReference == 0 {
				t.Errorf("no call reference: %+v", r)
			}
			seen[r.Message] = seen[r.Message] || r.Message != ""
		}
		for _, m := range []string{"SETUP", "CONNECT", "RELEASE", "RELEASE COMPLETE"} {
			if !seen[m] {
				t.Errorf("no %s in the trace: %v", m, seen)
			}
		}
		<-slow.C()
		time.Sleep(10 * time.Second) // keep-alive polls
		if r := <-slow.C(); r.Lost == 0 {
			t.Errorf("a slow reader of %d records has missed none: %+v", records, r)
		}
		slow.Close()
		callee.Kill()
		caller.Kill()
		n.empty()
	})
}

// TestOverflow proves that SDUs beyond the queue are dropped and counted, not
// waited for.
func TestOverflow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		wire := sim.NewWire(time.Millisecond, 0, 1)
		h, err := sim.NewHost("a", macA, macB, wire.A(), sim.Options{})
		if err != nil {
			t.Fatal(err)
		}
		for range 5000 { // before Start nobody takes them
			h.Receive(sim.Link, []byte{0, 0, 0, 0})
		}
		h.Start()
		rows, _, err := h.Links(t.Context(), "", 0)
		if err != nil || count(rows[0].Counters, "signalling_overflow") != 5000-4096 {
			t.Errorf("%+v, %v", rows, err)
		}
		if err := h.Crash(); err != nil {
			t.Error(err)
		}
	})
}

// TestLog proves that a call makes one line when it comes up and one when it is
// cleared, with the fixed keys.
func TestLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		core, logs := observer.New(zap.InfoLevel)
		n := newNet(t, time.Millisecond, 0, sim.Options{Log: zap.New(core)})
		defer n.close()
		if got := logs.FilterMessage("link up").Len(); got != 2 {
			t.Errorf("%d lines for two links up: %v", got, logs.All())
		}
		logs.TakeAll()
		caller, callee, h := n.up()
		caller.Do(cm.CloseCall{Request: caller.Number(), VC: h})
		want[cm.CloseCallComplete](n, caller)
		caller.Kill()
		callee.Kill()
		n.empty()
		lines := make(map[string]int)
		for _, e := range logs.All() {
			lines[e.Message]++
			f := e.ContextMap()
			for _, key := range []string{"link", "cref", "vpi", "vci", "from", "to"} {
				if v, ok := f[key]; !ok || v == "" || key != "vpi" && fmt.Sprint(v) == "0" {
					t.Errorf("%q lacks %s: %v", e.Message, key, f)
				}
			}
		}
		if lines["call up"] != 2 || lines["call cleared"] != 2 || len(lines) != 2 {
			t.Errorf("lines %v", lines)
		}
	})
}

// TestLogReferences proves that each call is logged with its own reference when
// several are offered at once: two SETUPs that wait for RESTART ACKNOWLEDGE.
func TestLogReferences(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		core, logs := observer.New(zap.InfoLevel)
		wire := sim.NewWire(time.Millisecond, 0, 1)
		peer := &scripted{end: wire.A(), saal: sscf.New(sscop.Config{InitialSQ: 9})}
		peer.end.OnReceive(peer.receive)
		h, err := sim.NewHost("b", macB, macA, wire.B(), sim.Options{Log: zap.New(core)})
		if err != nil {
			t.Fatal(err)
		}
		h.Start()
		time.Sleep(time.Second)
		for ref := range uint32(2) {
			peer.send(t, offer(100+ref))
		}
		time.Sleep(uni.RestartWait)
		synctest.Wait()
		var got []any
		for _, e := range logs.FilterMessage("call failed").All() {
			got = append(got, e.ContextMap()["cref"])
		}
		if diff := cmp.Diff([]any{uint32(100), uint32(101)}, got); diff != "" {
			t.Errorf("references: %s", diff)
		}
		if err := h.Crash(); err != nil {
			t.Error(err)
		}
	})
}

// scripted is a peer of which a test says what it sends.
type scripted struct {
	end  *sim.End
	mu   sync.Mutex
	saal *sscf.Entity
}

func (s *scripted) receive(pdu []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.do(s.saal.Receive(pdu))
}

func (s *scripted) send(t *testing.T, m *msg.Message) {
	t.Helper()
	b, err := m.Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.do(s.saal.Data(b))
}

// do sends; it runs no timer, since nothing is lost.
func (s *scripted) do(effects []sscf.Effect) {
	for _, e := range effects {
		if e.Kind == sscf.SendPDU {
			s.end.Send(e.PDU)
		}
	}
}

// offer is a network's SETUP to host b.
func offer(ref uint32) *msg.Message {
	aesa, _ := vc.AddrFromMAC(macB).AESA()
	m := &msg.Message{
		CallRef: msg.CallRef{Value: ref}, Type: msg.Setup,
		TD: &ie.TD{BestEffort: true}, Bearer: &ie.Bearer{Class: ie.BCOBX}, QoS: &ie.QoS{},
		Called: &ie.CalledNumber{Number: ie.NewAESA(aesa)}, ConnID: &ie.ConnID{VCI: uint16(ref)},
	}
	m.TD.Fwd.PCR01, m.TD.Bwd.PCR01 = ie.Some[uint32](1000), ie.Some[uint32](1000)
	return m
}

// TestSQStore proves that VT(SQ) is kept whenever it changes, and taken up
// again.
func TestSQStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &sqStore{}
		store.Save("a", 41)
		wire := sim.NewWire(time.Millisecond, 0, 1)
		h, err := sim.NewHost("a", macA, macB, wire.A(), sim.Options{Store: store})
		if err != nil {
			t.Fatal(err)
		}
		h.Start()
		time.Sleep(500 * time.Millisecond)
		synctest.Wait()
		if err := h.Crash(); err != nil {
			t.Error(err)
		}
		if last, ok := store.Load("a"); !ok || last != 42 {
			t.Errorf("VT(SQ) is kept as %d after the first BGN, want 42", last)
		}
	})
}

// TestSubmitWaits proves that a client that asks faster than it is served is
// held up, and that Close frees it.
func TestSubmitWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		wire := sim.NewWire(time.Millisecond, 0, 1)
		h, err := sim.NewHost("a", macA, macB, wire.A(), sim.Options{})
		if err != nil {
			t.Fatal(err)
		}
		c := h.NewClient("hasty", nil) // not started: nobody serves
		done := make(chan struct{})
		go func() {
			defer close(done)
			for range 1000 {
				c.Do(cm.CreateVC{Request: c.Number()})
			}
		}()
		synctest.Wait()
		select {
		case <-done:
			t.Error("1000 requests were taken that nobody serves")
		default:
		}
		if err := h.Close(); err != nil {
			t.Error(err)
		}
		<-done
	})
}

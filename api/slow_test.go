package api_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
	"google.golang.org/protobuf/proto"

	"callmanager/api"
	"callmanager/api/cmdpb"
	"callmanager/signalling/cm"
	"callmanager/signalling/sim"
	"callmanager/vc"
)

// flood sends requests that are answered at once, without reading, until the daemon has had enough.
func flood(t *testing.T, h *host, c *rawClient) {
	t.Helper()
	ask(t, c, 4*api.MaxQueued)
	h.wantCounter(t, "api_overflows", 1)
}

// ask sends so many requests, or as many as are taken.
func ask(t *testing.T, c *rawClient, n int) {
	t.Helper()
	for range n {
		err := sendmsg(c.fd, nil, nil)
		if errors.Is(err, unix.EPIPE) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// A client that does not read is sent away with a reason, and nobody else notices.
func TestSlowReader(t *testing.T) {
	h := startHost(t)
	c, other := h.open(t), h.open(t)
	flood(t, h, c)
	other.alive()
	c.wantGoodbye("does not read")
	h.wantClients(t, 1)
	if n := h.counter("api_stalled"); n != 0 {
		t.Errorf("%d clients are counted as stalled", n)
	}
}

// A client that never reads does not hold its connection.
func TestStalledReader(t *testing.T) {
	h := startHost(t)
	c, other := h.open(t), h.open(t)
	// The socket is full before the queue is, however seldom its writer runs.
	ask(t, c, api.MaxQueued/2)
	eventually(t, "the socket is full", func() error {
		n, err := h.server.Full()
		if err == nil && n != 1 {
			err = fmt.Errorf("%d sockets are", n)
		}
		return err
	})
	flood(t, h, c)
	other.alive()
	h.wantCounter(t, "api_stalled", 1)
	h.wantClients(t, 1)
	other.alive()
}

// The end of the server waits for no client that does not read.
func TestCloseWithStalledReader(t *testing.T) {
	h := startHost(t)
	c := h.open(t)
	for range 500 { // more than the socket takes
		c.sendRaw(nil)
	}
	h.wantCounter(t, "api_bad_messages", 500)
	if err := h.server.Close(); err != nil {
		t.Error(err)
	}
	if n := h.counter("api_stalled"); n != 1 {
		t.Errorf("%d clients are counted as stalled, want 1", n)
	}
}

// The octets that wait for a client are bounded as well as the messages.
func TestLongMessages(t *testing.T) {
	h := startHost(t)
	c, other := h.open(t), h.open(t)
	reason := strings.Repeat("x", api.MaxText)
	// It ends at once when the client is sent away, who has a second from then on to hear why.
	for n := 0; n < api.MaxQueuedOctets/api.MaxText+1000 && h.counter("api_overflows") == 0; n++ {
		h.server.Deliver(cm.IncomingCloseCall{VC: 1, Detail: reason})
		m, _ := other.receive()
		if m.GetIncomingCloseCall().GetDetail() != reason {
			t.Fatalf("got %v", m)
		}
	}
	h.wantCounter(t, "api_overflows", 1)
	c.wantGoodbye("does not read")
	other.alive()
}

// nullFiles counts the descriptors of VCs that this process holds: in package sim they are of the
// null device.
func nullFiles(t *testing.T) (n int) {
	t.Helper()
	for _, f := range openFiles(t) {
		if strings.HasSuffix(f, " /dev/null") {
			n++
		}
	}
	return n
}

// At most MaxUnread messages with descriptors are under way to a client. When it has read them the
// others follow, each with its two.
func TestUnreadDescriptors(t *testing.T) {
	h := startHost(t)
	c, other := h.open(t), h.open(t)
	before := nullFiles(t)
	const calls = api.MaxUnread + 8
	asked := map[uint64]bool{}
	for range calls {
		v := c.want(cmdpb.Status_SUCCESS, createVC()).GetHandle().GetHandle()
		asked[v] = true
	}
	for v := range asked {
		c.send(makeCall(v, "peer"))
	}
	eventually(t, "the descriptors of 8 calls wait", func() error {
		s, err := h.Status(t.Context())
		if n := nullFiles(t) - before; err == nil && (n != 2*8 || s.Calls != 0) {
			err = fmt.Errorf("%d descriptors, %d calls", n, s.Calls)
		}
		return err
	})
	other.alive()
	pending, done := 0, 0
	for pending < calls || done < calls {
		m, fds := c.receive()
		switch {
		case m.GetReply().GetStatus() == cmdpb.Status_PENDING && len(fds) == 2:
			pending++
			for _, fd := range fds {
				if flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); err != nil || flags&unix.FD_CLOEXEC == 0 {
					t.Errorf("descriptor flags %#x, %v", flags, err)
				}
			}
		case m.GetMakeCallComplete() != nil && len(fds) == 0:
			done++
		default:
			t.Fatalf("got %v with %d descriptors", m, len(fds))
		}
		closeAll(fds)
	}
	if n := nullFiles(t); n != before {
		t.Errorf("%d descriptors are left open", n-before)
	}
}

// Descriptors that wait for a client that goes, or that is sent away, are closed.
func TestUnsentDescriptors(t *testing.T) {
	for name, end := range map[string]func(*host, *rawClient){
		"client goes":        func(_ *host, c *rawClient) { c.close() },
		"client misbehaves":  func(_ *host, c *rawClient) { c.sendRaw(make([]byte, api.MaxMessage+1)) },
		"daemon ends":        func(h *host, _ *rawClient) { _ = h.server.Close() },
		"client is too slow": func(h *host, c *rawClient) { flood(t, h, c) },
	} {
		t.Run(name, func(t *testing.T) {
			h := startHost(t)
			c := h.open(t)
			before := nullFiles(t)
			vcs := []uint64{}
			for range api.MaxUnread + 8 {
				vcs = append(vcs, c.want(cmdpb.Status_SUCCESS, createVC()).GetHandle().GetHandle())
			}
			for _, v := range vcs {
				c.send(makeCall(v, "peer"))
			}
			eventually(t, "descriptors wait", func() error {
				if n := nullFiles(t) - before; n < 2*8 {
					return fmt.Errorf("%d", n)
				}
				return nil
			})
			end(h, c)
			eventually(t, "no descriptor waits", func() error {
				c.close() // those in the socket, too
				if n := nullFiles(t) - before; n != 0 {
					return fmt.Errorf("%d are left", n)
				}
				return nil
			})
			eventually(t, "the plane has lost its VCs", func() error {
				if s := h.Plane.Leaks(); s != "" {
					return errors.New(s)
				}
				return nil
			})
		})
	}
}

// A trace that is read slowly loses records and counts them; the connection stays.
func TestSlowTrace(t *testing.T) {
	h := startHost(t)
	c := h.open(t)
	c.want(cmdpb.Status_SUCCESS, traceOn(""))
	counted, err := h.Trace("", 1<<17)
	if err != nil {
		t.Fatal(err)
	}
	defer counted.Close()
	callFor(t, h, func() bool { return len(counted.C()) > 9000 })
	n := c.send(getStatus())
	events, lost := 0, uint64(0)
	for {
		m, _ := c.receive()
		if e := m.GetTraceEvent(); e != nil {
			events++
			lost += e.GetLost()
			continue
		}
		if m.GetReply().GetRequest() == n { // it comes behind the events that wait in the queue
			break
		}
		t.Fatalf("got %v", m)
	}
	// The loss shows in the record that follows it.
	for lost == 0 {
		m, _ := c.receive()
		if m.GetTraceEvent() == nil {
			t.Fatalf("got %v", m)
		}
		events++
		lost += m.GetTraceEvent().GetLost()
		if events%1000 == 0 {
			done := false
			callFor(t, h, func() bool { done = !done; return !done })
		}
	}
	if events < 1000 {
		t.Errorf("%d events have come, %d are lost", events, lost)
	}
}

// callFor makes calls that are refused until enough have been made: each is some PDUs.
func callFor(t *testing.T, h *host, enough func() bool) {
	t.Helper()
	ended := make(chan uint64, 64)
	client := h.NewClient("caller", func(_ *sim.Client, ev cm.Event) {
		switch ev := ev.(type) {
		case cm.Reply:
			if ev.Handle != 0 {
				ended <- uint64(ev.Handle)
			}
		case cm.MakeCallComplete:
			ended <- uint64(ev.VC)
		}
	})
	defer client.Kill()
	for range 32 {
		client.Do(cm.CreateVC{Request: client.Number()})
	}
	for !enough() {
		v := vc.Handle(<-ended)
		client.Do(cm.RingDone{Request: client.Number(), VC: v})
		client.Do(cm.MakeCall{Request: client.Number(), VC: v, Called: "peer"})
	}
}

func TestTraceRights(t *testing.T) {
	h := startHost(t)
	c := h.open(t)
	c.want(cmdpb.Status_SUCCESS, traceOn("a"))
	c.want(cmdpb.Status_SUCCESS, traceOn("")) // replaces the first
	callFor(t, h, func() bool { s, _ := h.Status(t.Context()); return counterOf(s.Counters, "calls_made") > 0 })
	var e *cmdpb.TraceEvent
	for e.GetMessage() != "SETUP" {
		m, _ := c.receive()
		if e = m.GetTraceEvent(); e == nil {
			t.Fatalf("got %v", m)
		}
	}
	if !e.GetSent() || e.GetLink() != "a" || e.GetTimeNs() == 0 || len(e.GetSdu()) == 0 || e.GetSummary() == "" || e.GetCallReference() == 0 {
		t.Errorf("the SETUP is %v", e)
	}
	n := c.send(&cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_Trace{Trace: &cmdpb.Trace{}}})
	for {
		m, _ := c.receive()
		if m.GetReply().GetRequest() == n {
			break
		}
	}
	c.alive() // nothing else comes behind the answer
	c.want(cmdpb.Status_SUCCESS, &cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_Trace{Trace: &cmdpb.Trace{}}})
}

func counterOf(cs []vc.Counter, name string) uint64 {
	for _, c := range cs {
		if c.Name == name {
			return c.Value
		}
	}
	return 0
}

// Messages keep their order whatever is under way.
func TestOrder(t *testing.T) {
	h := startHost(t)
	c := h.open(t)
	var sent []uint64
	for i := range 200 {
		m := createVC()
		if i%3 == 0 {
			m = getStatus()
		}
		sent = append(sent, c.send(proto.CloneOf(m)))
	}
	made, asked := []uint64{}, []uint64{}
	for range sent {
		r := c.reply()
		if r.GetHandle() != nil {
			made = append(made, r.GetRequest())
		} else {
			asked = append(asked, r.GetRequest())
		}
	}
	for _, got := range [][]uint64{made, asked} {
		for i := 1; i < len(got); i++ {
			if got[i] <= got[i-1] {
				t.Fatalf("answers %v", got)
			}
		}
	}
}

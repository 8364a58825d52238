package api_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"callmanager/api"
	"callmanager/api/cmdpb"
	"callmanager/vc"
	"callmanager/vc/tap"
)

// tapped is a host with a tap whose worker is the test.
type tapped struct {
	*host
	tap  *tap.Tap
	port *tap.Port
}

func startTapped(t *testing.T, links int) *tapped {
	t.Helper()
	all := make([]tap.Link, links)
	for i := range all {
		all[i] = tap.Link{ID: vc.LinkID(i + 1), Name: fmt.Sprintf("link%d", i+1), Interface: "eth0"}
	}
	tp := tap.New(all, func() int64 { return time.Now().UnixNano() })
	port := tp.Port(1 << 20)
	return &tapped{startHostWith(t, api.Config{Tap: tp}, uint32(os.Getegid())), tp, port}
}

// put puts a packet of a link.
func (h *tapped) put(link vc.LinkID, b []byte) {
	h.port.One(tap.Meta{ID: vc.ID{Link: link, VPI: 1, VCI: 32}, Sent: true}, b, nil)
}

func captureOf(op *cmdpb.Capture) *cmdpb.ClientMessage {
	return &cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_Capture{Capture: op}}
}

// A capture begins with its links, brings packets in messages that are not too long, and ends with the
// counts in front of the answer.
func TestCapture(t *testing.T) {
	h := startTapped(t, 600)
	c := h.open(t)
	c.want(cmdpb.Status_SUCCESS, captureOf(&cmdpb.Capture{On: true}))
	names := 0
	for more := true; more; {
		m, _ := c.receive()
		s := m.GetCaptureState()
		if s == nil || s.GetEnded() {
			t.Fatalf("got %v", m)
		}
		for _, l := range s.GetLinks() {
			names++
			if l.GetId() != uint32(names) || l.GetName() != fmt.Sprintf("link%d", names) || l.GetInterface() != "eth0" {
				t.Errorf("link %v", l)
			}
		}
		more = s.GetMore()
	}
	if names != 600 {
		t.Errorf("%d links, want 600", names)
	}
	sizes := []int{0, 1, 1500, 30000, 30000, 64999, 65000, 65001, 65535, 9}
	for i, n := range sizes {
		b := make([]byte, n)
		for k := range b {
			b[k] = byte(i)
		}
		h.put(vc.LinkID(i+1), b)
	}
	n := c.send(captureOf(&cmdpb.Capture{}))
	got, ended := 0, false
	var captured, dropped uint64
	for {
		m, _ := c.receive()
		if r := m.GetReply(); r != nil {
			if r.GetRequest() != n || r.GetStatus() != cmdpb.Status_SUCCESS {
				t.Errorf("reply %v", r)
			}
			break
		}
		for _, l := range m.GetCaptureState().GetLinks() {
			captured += l.GetCaptured()
			dropped += l.GetDropped()
		}
		ended = ended || m.GetCaptureState().GetEnded()
		for _, p := range m.GetCapturePackets().GetPackets() {
			want := sizes[got]
			if int(p.GetLength()) != want || len(p.GetOctets()) != min(want, 65000) || int(p.GetLink()) != got+1 || p.GetVpi() != 1 ||
				p.GetVci() != 32 || !p.GetSent() || p.GetControl() || p.GetTimeNs() == 0 || ended {
				t.Errorf("packet %d of %d octets: link %d, %d of %d octets", got, want, p.GetLink(), len(p.GetOctets()), p.GetLength())
			}
			got++
		}
	}
	if got != len(sizes) || !ended || captured != uint64(got) || dropped != 0 {
		t.Errorf("%d packets, ended %t, %d captured, %d dropped", got, ended, captured, dropped)
	}
	c.alive() // nothing comes behind the answer
	if h.port.Running() != nil {
		t.Error("the capture goes on")
	}
}

// What is asked for wrongly is refused and counted, and what too many ask for.
func TestCaptureRefused(t *testing.T) {
	h := startTapped(t, 1)
	c := h.open(t)
	for _, tc := range []struct {
		op     *cmdpb.Capture
		detail string
	}{
		{&cmdpb.Capture{Links: []string{"link1", "none"}}, `there is no link "none"`},
		{&cmdpb.Capture{Channels: []*cmdpb.CaptureChannel{{Vpi: 15, Vci: 32}}}, "VPI of 0 to 14"},
		{&cmdpb.Capture{Channels: []*cmdpb.CaptureChannel{{Vci: 65536}}}, "VCI of 0 to 65535"},
		{&cmdpb.Capture{NoControl: true, NoData: true}, "neither control nor data"},
	} {
		tc.op.On = true
		if r := c.want(cmdpb.Status_INVALID_DATA, captureOf(tc.op)); !strings.Contains(r.GetDetail(), tc.detail) {
			t.Errorf("%v: %s", tc.op, r.GetDetail())
		}
	}
	h.wantCounter(t, "api_bad_messages", 4)
	c.want(cmdpb.Status_SUCCESS, captureOf(&cmdpb.Capture{})) // there is none
	var others []*rawClient
	for range tap.MaxCaptures {
		o := h.open(t)
		o.want(cmdpb.Status_SUCCESS, captureOf(&cmdpb.Capture{On: true}))
		others = append(others, o)
	}
	c.want(cmdpb.Status_RESOURCES, captureOf(&cmdpb.Capture{On: true}))
	others[0].close() // a client that goes makes room
	h.wantClients(t, tap.MaxCaptures)
	c.want(cmdpb.Status_SUCCESS, captureOf(&cmdpb.Capture{On: true}))
}

// A second capture replaces the first, whose end is told.
func TestCaptureReplaced(t *testing.T) {
	h := startTapped(t, 2)
	c := h.open(t)
	c.want(cmdpb.Status_SUCCESS, captureOf(&cmdpb.Capture{On: true, Links: []string{"link1"}, Snaplen: 2}))
	h.put(1, []byte("first"))
	n := c.send(captureOf(&cmdpb.Capture{On: true, Links: []string{"link2"}, Snaplen: 3}))
	var seen []string
	for {
		m, _ := c.receive()
		switch s := m.GetCaptureState(); {
		case m.GetReply().GetRequest() == n:
			h.put(1, []byte("of nobody"))
			h.put(2, []byte("second"))
			c.send(captureOf(&cmdpb.Capture{}))
			seen = append(seen, "reply")
		case m.GetReply() != nil:
			if got := strings.Join(seen, " "); got != "link1 fi end-link1 reply link2 sec end-link2" {
				t.Errorf("seen %s", got)
			}
			return
		case s != nil && s.GetEnded():
			seen = append(seen, "end-"+s.GetLinks()[0].GetName())
		case s != nil:
			seen = append(seen, s.GetLinks()[0].GetName())
		}
		for _, p := range m.GetCapturePackets().GetPackets() {
			seen = append(seen, string(p.GetOctets()))
		}
	}
}

// Without a tap, and without the right, there are no captures.
func TestNoCapture(t *testing.T) {
	c := startHost(t).open(t)
	c.want(cmdpb.Status_NOT_SUPPORTED, captureOf(&cmdpb.Capture{On: true}))
	if os.Geteuid() == 0 {
		t.Skip("root may capture everywhere")
	}
	c = startHostWith(t, api.Config{}, 0).open(t)
	c.want(cmdpb.Status_NOT_PERMITTED, captureOf(&cmdpb.Capture{On: true}))
}

// A client that reads slowly loses packets, which are counted, and not its connection.
func TestSlowCapture(t *testing.T) {
	h := startTapped(t, 1)
	c := h.open(t)
	c.want(cmdpb.Status_SUCCESS, captureOf(&cmdpb.Capture{On: true}))
	b := make([]byte, 9000)
	total := uint64(0)
	for ; total < 4000; total++ { // 36 MB, more than all queues together
		h.put(1, b)
	}
	n := c.send(captureOf(&cmdpb.Capture{}))
	var got uint64
	var last *cmdpb.CaptureLink
	for {
		m, _ := c.receive()
		if m.GetReply().GetRequest() == n {
			break
		}
		got += uint64(len(m.GetCapturePackets().GetPackets()))
		for _, l := range m.GetCaptureState().GetLinks() {
			last = l
		}
	}
	if last.GetCaptured() != got || last.GetDropped() == 0 || got+last.GetDropped() != total {
		t.Errorf("%d packets have come; %v of %d", got, last, total)
	}
	c.alive()
}

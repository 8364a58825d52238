package client_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"testing"

	"google.golang.org/protobuf/proto"

	"callmanager/api/cmdpb"
	"callmanager/client"
	"callmanager/datapath/ring"
)

// named answers MakeCall without a VC: handle is the VC's, kept whose rings it has.
func (d *fakeDaemon) named(m *cmdpb.ClientMessage, handle, kept uint64, fds ...int) {
	d.t.Helper()
	if m.GetMakeCall().GetVc() != 0 {
		d.t.Errorf("MakeCall on VC %d, want a new one", m.GetMakeCall().GetVc())
	}
	d.reply(m, &cmdpb.Reply{
		Status: cmdpb.Status_PENDING, Kept: kept, Result: &cmdpb.Reply_Handle{Handle: &cmdpb.HandleResult{Handle: handle}},
	}, fds...)
}

// callOn makes a call on a new VC, with rings of its own if kept is 0.
func (d *fakeDaemon) callOn(c *client.Conn, handle, kept uint64) (v *client.VC, ep *ring.Endpoint) {
	d.t.Helper()
	called := later(func() (*client.VC, error) { return c.Call(d.t.Context(), "bob", nil) })
	m := d.expect("make_call")
	var fds []int
	if kept == 0 {
		ep, fds = d.rings()
	}
	d.named(m, handle, kept, fds...)
	d.send(makeCallComplete(m.GetRequest(), cmdpb.Status_SUCCESS))
	r := <-called
	if r.err != nil {
		d.t.Fatal(r.err)
	}
	if r.value.Handle() != handle {
		d.t.Errorf("the VC is %d, want %d", r.value.Handle(), handle)
	}
	return r.value, ep
}

// closeKept serves the end of a call whose rings are kept.
func (d *fakeDaemon) closeKept(v *client.VC) {
	d.t.Helper()
	closed := later(func() (struct{}, error) { return struct{}{}, v.Close() })
	m := d.expect("close_call")
	if got := m.GetCloseCall().GetVc(); got != v.Handle() {
		d.t.Errorf("closes VC %d, want %d", got, v.Handle())
	}
	d.pending(m)
	d.send(&cmdpb.ServerMessage{Body: &cmdpb.ServerMessage_CloseCallComplete{CloseCallComplete: &cmdpb.CloseCallComplete{
		Request: m.GetRequest(),
	}}})
	m = d.expect("ring_done")
	if got := m.GetRingDone(); got.GetVc() != v.Handle() || !got.GetKeep() {
		d.t.Errorf("gives back %v", got)
	}
	if r := <-closed; r.err != nil {
		d.t.Error(r.err)
	}
}

// Rings that are kept carry the next VC's data, in both directions, and nothing but it; the library maps no
// others and unmaps them when the daemon, which has done so, says so.
func TestKeptRings(t *testing.T) {
	d, c := startFakeOf(t, 1)
	v, ep := d.callOn(c, 5, 0)
	if _, err := v.Write([]byte("left behind")); err != nil {
		t.Fatal(err)
	}
	maps := mappedRings(t)
	for h := uint64(6); h < 9; h++ {
		d.closeKept(v)
		ep.Retire()
		next, err := ep.Renew()
		if err != nil {
			t.Fatal(err)
		}
		ep = next
		v, _ = d.callOn(c, h, h-1)
		if n := mappedRings(t); n != maps {
			t.Errorf("%d rings are mapped, %d before", n, maps)
		}
		sent := fmt.Append(nil, "VC ", h)
		if _, err := v.Write(sent); err != nil {
			t.Fatal(err)
		}
		buf := make([]byte, 100)
		n, _, err := ep.Receive(t.Context(), buf)
		if err != nil || !bytes.Equal(buf[:n], sent) {
			t.Errorf("the daemon got %q, %v", buf[:n], err)
		}
		if err := ep.Send(t.Context(), ring.Record{Payload: sent}); err != nil {
			t.Fatal(err)
		}
		s, err := v.Recv(t.Context(), buf)
		if err != nil || !bytes.Equal(s.Payload, sent) {
			t.Errorf("the client got %q, %v", s.Payload, err)
		}
	}
	d.closeKept(v)
	_ = ep.Close() // never fails
	d.send(&cmdpb.ServerMessage{Body: &cmdpb.ServerMessage_RingsGone{RingsGone: &cmdpb.RingsGone{Vc: 8}}})
	d.send(&cmdpb.ServerMessage{Body: &cmdpb.ServerMessage_RingsGone{RingsGone: &cmdpb.RingsGone{Vc: 99}}})
	d.alive(c)
	if n := mappedRings(t); n != maps-2 {
		t.Errorf("%d rings are mapped, want %d", n, maps-2)
	}
}

// Kept rings of which the library knows nothing are an error of that call alone.
func TestUnknownKeptRings(t *testing.T) {
	d, c := startFakeOf(t, 1)
	called := later(func() (*client.VC, error) { return c.Call(t.Context(), "bob", nil) })
	m := d.expect("make_call")
	d.named(m, 5, 77)
	closing := d.expect("close_call")
	d.pending(closing)
	d.send(makeCallComplete(m.GetRequest(), cmdpb.Status_REQUEST_ABORTED))
	d.send(closeCallComplete(closing.GetRequest()))
	if got := d.expect("ring_done"); got.GetRingDone().GetKeep() {
		t.Errorf("keeps rings that it has not got: %v", got)
	} else {
		d.success(got)
	}
	if r := <-called; r.err == nil {
		t.Error("the call has come about")
	}
	d.alive(c)
}

// A call on a new VC that is given up before the daemon has named the VC is closed by its name when that comes; one
// that the daemon refuses needs no closing.
func TestAbortBeforeName(t *testing.T) {
	d, c := startFakeOf(t, 1)
	for _, refused := range []bool{false, true} {
		ctx, cancel := cancelled(t)
		called := later(func() (*client.VC, error) { return c.Call(ctx, "bob", nil) })
		m := d.expect("make_call")
		cancel()
		if r := <-called; !errors.Is(r.err, errEnough) {
			t.Errorf("call: %v", r.err)
		}
		if refused {
			d.refuse(m, cmdpb.Status_NO_ROUTE_TO_DESTINATION)
			d.alive(c)
			continue
		}
		_, fds := d.rings()
		d.named(m, 5, 0, fds...)
		closing := d.expect("close_call")
		if got := closing.GetCloseCall(); got.GetVc() != 5 || got.GetLingerMs() != 0 {
			t.Errorf("closed by %v", got)
		}
		d.pending(closing)
		d.send(makeCallComplete(m.GetRequest(), cmdpb.Status_REQUEST_ABORTED))
		d.send(closeCallComplete(closing.GetRequest()))
		if got := d.expect("ring_done").GetRingDone(); got.GetVc() != 5 || !got.GetKeep() {
			t.Errorf("gives back %v", got)
		}
		d.alive(c)
	}
}

// A call is closed though its user-user information is refused, and its close tells of that.
func TestCloseDataRefused(t *testing.T) {
	d, c := startFakeOf(t, 1)
	v, _ := d.callOn(c, 5, 0)
	closed := later(func() (client.CloseResult, error) {
		return v.CloseWith(t.Context(), client.CloseOptions{UserUser: []byte{4, 1}})
	})
	m := d.expect("close_call")
	if len(m.GetCloseCall().GetCloseData()) != 2 {
		t.Errorf("closed by %v", m)
	}
	d.refuse(m, cmdpb.Status_INVALID_DATA)
	m = d.expect("close_call")
	if got := m.GetCloseCall(); len(got.GetCloseData()) != 0 || got.GetVc() != 5 || got.LingerMs == nil {
		t.Errorf("closed again by %v", m)
	}
	d.pending(m)
	d.send(closeCallComplete(m.GetRequest()))
	d.expect("ring_done")
	if r := <-closed; !isStatus(r.err, cmdpb.Status_INVALID_DATA) || r.value.Sent != 3 {
		t.Errorf("close: %+v, %v", r.value, r.err)
	}
}

// A call that is released as soon as it is connected has come about.
func TestReleasedAtOnce(t *testing.T) {
	d, c := startFakeOf(t, 1)
	l := d.listening(c)
	for vc := uint64(100); vc < 300; vc++ {
		d.offer(7, vc)
		o, err := l.Accept(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		accepted := later(func() (*client.VC, error) { return o.Accept(t.Context()) })
		d.success(d.expect("incoming_call_complete"))
		d.send(&cmdpb.ServerMessage{Body: &cmdpb.ServerMessage_Batch{Batch: &cmdpb.ServerBatch{Messages: []*cmdpb.ServerMessage{
			callConnected(vc), incomingClose(vc),
		}}}})
		r := <-accepted
		if r.err != nil {
			t.Fatalf("VC %d: %v", vc, r.err)
		}
		m := d.expect("close_call")
		d.pending(m)
		d.send(closeCallComplete(m.GetRequest()))
		_ = r.value.Close()
		d.expect("ring_done")
	}
}

// The events of a batch count as if each had come alone; a batch within one ends the connection.
func TestServerBatch(t *testing.T) {
	d, c := startFakeOf(t, 1)
	v, _ := d.callOn(c, 5, 0)
	d.send(&cmdpb.ServerMessage{Body: &cmdpb.ServerMessage_Batch{Batch: &cmdpb.ServerBatch{Messages: []*cmdpb.ServerMessage{
		incomingClose(5), {}, // the second is one that this version does not know
	}}}})
	<-v.Released()
	d.finishKept(v)
	d.send(&cmdpb.ServerMessage{Body: &cmdpb.ServerMessage_Batch{Batch: &cmdpb.ServerBatch{Messages: []*cmdpb.ServerMessage{
		{Body: &cmdpb.ServerMessage_Batch{Batch: &cmdpb.ServerBatch{}}},
	}}}})
	<-c.Done()
	if !errors.Is(c.Err(), client.ErrDisconnected) {
		t.Errorf("%v", c.Err())
	}
}

// finishKept serves the end of a call that the daemon has ended.
func (d *fakeDaemon) finishKept(v *client.VC) {
	d.t.Helper()
	m := d.expect("close_call")
	d.pending(m)
	d.send(closeCallComplete(m.GetRequest()))
	_ = v.Close()
	d.expect("ring_done")
}

// Batches hold what was queued, in its order, each within a datagram; for a daemon that knows none each request
// goes alone.
func TestRequestBatches(t *testing.T) {
	var requests [][]byte
	var messages []*cmdpb.ClientMessage
	for i := range 300 {
		m := &cmdpb.ClientMessage{Request: uint64(i + 1), Op: &cmdpb.ClientMessage_Notify{Notify: &cmdpb.Notify{
			Vc: 7, Indicator: make([]byte, i*i%5000),
		}}}
		if i == 150 {
			m.GetNotify().Indicator = make([]byte, 64<<10-40) // fills a datagram
		}
		b, err := proto.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		requests, messages = append(requests, b), append(messages, m)
	}
	if n := len(client.BatchesOf(requests, false)); n != len(requests) {
		t.Errorf("%d datagrams without batches, want %d", n, len(requests))
	}
	var got []*cmdpb.ClientMessage
	datagrams := client.BatchesOf(requests, true)
	for _, d := range datagrams {
		if len(d) == 1 {
			m := new(cmdpb.ClientMessage)
			if err := proto.Unmarshal(d[0], m); err != nil {
				t.Fatal(err)
			}
			got = append(got, m)
			continue
		}
		b := client.Batch(d)
		if len(b) > 64<<10 {
			t.Errorf("a datagram of %d octets", len(b))
		}
		m := new(cmdpb.ClientMessage)
		if err := proto.Unmarshal(b, m); err != nil {
			t.Fatal(err)
		}
		got = append(got, m.GetBatch().GetMessages()...)
	}
	if !slices.EqualFunc(messages, got, func(a, b *cmdpb.ClientMessage) bool { return proto.Equal(a, b) }) {
		t.Errorf("%d requests come as %d others", len(messages), len(got))
	}
	if len(datagrams) > 20 {
		t.Errorf("%d datagrams", len(datagrams))
	}
}

// A call whose context has ended before it begins asks for nothing.
func TestCallTooLate(t *testing.T) {
	d, c := startFakeOf(t, 1)
	ctx, cancel := cancelled(t)
	cancel()
	if _, err := c.Call(ctx, "bob", nil); !errors.Is(err, errEnough) {
		t.Errorf("call: %v", err)
	}
	d.alive(c)
}

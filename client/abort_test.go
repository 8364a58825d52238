package client_test

import (
	"context"
	"errors"
	"math"
	"net"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"callmanager/api/cmdpb"
	"callmanager/client"
)

// errEnough is why the tests end their contexts.
var errEnough = errors.New("enough")

// cancelled returns a context and what ends it.
func cancelled(t *testing.T) (context.Context, func()) {
	t.Helper()
	ctx, cancel := context.WithCancelCause(t.Context())
	t.Cleanup(func() { cancel(nil) })
	return ctx, func() { cancel(errEnough) }
}

// A call that is given up before its VC is made leaves no VC.
func TestAbortCreateVC(t *testing.T) {
	d, c := startFake(t)
	ctx, cancel := cancelled(t)
	called := later(func() (*client.VC, error) { return c.Call(ctx, "bob", nil) })
	m := d.expect("create_vc")
	cancel()
	if r := <-called; !errors.Is(r.err, errEnough) {
		t.Errorf("call: %v", r.err)
	}
	d.handle(m, 5)
	gone := d.expect("delete_vc")
	if gone.GetDeleteVc().GetVc() != 5 {
		t.Errorf("deletes %v", gone)
	}
	d.success(gone)
	// If none was made there is nothing to delete.
	ctx, cancel = cancelled(t)
	made := later(func() (uint64, error) { return c.CreateVC(ctx) })
	m = d.expect("create_vc")
	cancel()
	<-made
	d.refuse(m, cmdpb.Status_RESOURCES)
	d.alive(c)
}

// A call that is given up while it is being set up is closed, and its rings are given back when the
// daemon has closed it, whatever the daemon answers to MakeCall meanwhile.
func TestAbortMakeCall(t *testing.T) {
	for name, tc := range map[string]struct {
		before, after func(*fakeDaemon, *client.Conn, *cmdpb.ClientMessage)
	}{
		"before the answer": {
			func(*fakeDaemon, *client.Conn, *cmdpb.ClientMessage) {},
			func(d *fakeDaemon, _ *client.Conn, m *cmdpb.ClientMessage) {
				_, fds := d.rings()
				d.pending(m, fds...)
				d.send(makeCallComplete(m.GetRequest(), cmdpb.Status_REQUEST_ABORTED))
			},
		},
		"before the completion": {
			func(d *fakeDaemon, c *client.Conn, m *cmdpb.ClientMessage) {
				_, fds := d.rings()
				d.pending(m, fds...)
				d.alive(c)
			},
			func(d *fakeDaemon, _ *client.Conn, m *cmdpb.ClientMessage) {
				d.send(makeCallComplete(m.GetRequest(), cmdpb.Status_REQUEST_ABORTED))
			},
		},
		"when it comes about": {
			func(*fakeDaemon, *client.Conn, *cmdpb.ClientMessage) {},
			func(d *fakeDaemon, _ *client.Conn, m *cmdpb.ClientMessage) {
				_, fds := d.rings()
				d.pending(m, fds...)
				d.send(makeCallComplete(m.GetRequest(), cmdpb.Status_SUCCESS))
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			d, c := startFake(t)
			ctx, cancel := cancelled(t)
			called := later(func() (*client.VC, error) { return c.Call(ctx, "bob", nil) })
			d.handle(d.expect("create_vc"), 1)
			m := d.expect("make_call")
			tc.before(d, c, m)
			cancel()
			if r := <-called; !errors.Is(r.err, errEnough) {
				t.Errorf("call: %v", r.err)
			}
			closing := d.expect("close_call")
			if closing.GetCloseCall().LingerMs == nil || closing.GetCloseCall().GetLingerMs() != 0 {
				t.Errorf("closed by %v", closing)
			}
			tc.after(d, c, m)
			d.pending(closing)
			d.send(closeCallComplete(closing.GetRequest()))
			d.giveBack(true)
			d.alive(c)
		})
	}
}

// A call that is given up when the daemon refuses it is deleted, without rings.
func TestAbortRefusedCall(t *testing.T) {
	d, c := startFake(t)
	ctx, cancel := cancelled(t)
	called := later(func() (*client.VC, error) { return c.Call(ctx, "bob", nil) })
	d.handle(d.expect("create_vc"), 1)
	m := d.expect("make_call")
	cancel()
	<-called
	closing := d.expect("close_call")
	d.refuse(m, cmdpb.Status_NO_ROUTE_TO_DESTINATION)
	d.refuse(closing, cmdpb.Status_FAILURE)
	d.success(d.expect("delete_vc"))
	d.alive(c)
}

// A refused call gives back what it has: nothing but the VC if MakeCall is refused, the rings, too,
// if its completion says so.
func TestRefusedCall(t *testing.T) {
	d, c := startFake(t)
	called := later(func() (*client.VC, error) { return c.Call(t.Context(), "bob", nil) })
	d.handle(d.expect("create_vc"), 1)
	d.refuse(d.expect("make_call"), cmdpb.Status_INVALID_ADDRESS)
	d.success(d.expect("delete_vc"))
	if r := <-called; !isStatus(r.err, cmdpb.Status_INVALID_ADDRESS) {
		t.Errorf("call: %v", r.err)
	}
	called = later(func() (*client.VC, error) { return c.Call(t.Context(), "bob", nil) })
	d.handle(d.expect("create_vc"), 1)
	m := d.expect("make_call")
	_, fds := d.rings()
	d.pending(m, fds...)
	d.send(makeCallComplete(m.GetRequest(), cmdpb.Status_NOT_ACCEPTED))
	d.giveBack(true)
	if r := <-called; !isStatus(r.err, cmdpb.Status_NOT_ACCEPTED) {
		t.Errorf("call: %v", r.err)
	}
}

// What cannot be asked for is an error at once and asks for nothing, or takes it back.
func TestBadArguments(t *testing.T) {
	d, c := startFake(t)
	for _, o := range []client.CallOptions{{SendRing: -1}, {ReceiveRing: math.MaxInt}} {
		if _, err := c.Call(t.Context(), "bob", &o); err == nil {
			t.Errorf("%+v is asked for", o)
		}
		if _, err := c.Listen(t.Context(), client.SAP{SendRing: o.SendRing, ReceiveRing: o.ReceiveRing}); err == nil {
			t.Errorf("a SAP with %+v is asked for", o)
		}
	}
	for name, dest := range map[string]string{"too long": string(make([]byte, 70000)), "no UTF-8": "\xff"} {
		called := later(func() (*client.VC, error) { return c.Call(t.Context(), dest, nil) })
		d.handle(d.expect("create_vc"), 1)
		d.success(d.expect("delete_vc"))
		if r := <-called; r.err == nil {
			t.Errorf("%s: a call", name)
		}
	}
	d.alive(c)
}

// A registration that is given up leaves no SAP, and its offers are refused.
func TestAbortListen(t *testing.T) {
	d, c := startFake(t)
	ctx, cancel := cancelled(t)
	listened := later(func() (*client.Listener, error) { return c.Listen(ctx, client.SAP{}) })
	m := d.expect("register_sap")
	cancel()
	if r := <-listened; !errors.Is(r.err, errEnough) {
		t.Errorf("listen: %v", r.err)
	}
	d.handle(m, 7)
	d.offer(7, 20)
	left := map[string]int{}
	for range 3 { // the order of the two ends is open
		op, m := d.expectAny("deregister_sap", "incoming_call_complete", "ring_done")
		left[op]++
		d.success(m)
	}
	if left["deregister_sap"] != 1 || left["incoming_call_complete"] != 1 || left["ring_done"] != 1 {
		t.Errorf("requests %v", left)
	}
	d.alive(c)
}

// An offer whose acceptance is given up is closed.
func TestAbortAccept(t *testing.T) {
	for name, answered := range map[string]bool{"before the answer": false, "before the connection": true} {
		t.Run(name, func(t *testing.T) {
			d, c := startFake(t)
			l := d.listening(c)
			d.offer(7, 20)
			o, err := l.Accept(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := cancelled(t)
			accepted := later(func() (*client.VC, error) { return o.Accept(ctx) })
			m := d.expect("incoming_call_complete")
			if answered {
				d.success(m)
				d.alive(c)
			}
			cancel()
			if r := <-accepted; !errors.Is(r.err, errEnough) {
				t.Errorf("accept: %v", r.err)
			}
			if !answered {
				d.success(m)
			}
			d.finishClose(false)
			if _, err := o.Accept(t.Context()); !errors.Is(err, client.ErrAnswered) {
				t.Errorf("second answer: %v", err)
			}
			if err := o.Reject(t.Context(), client.Cause{}); !errors.Is(err, client.ErrAnswered) {
				t.Errorf("third answer: %v", err)
			}
		})
	}
}

// Waiting for an offer ends with the context.
func TestAbortWaiting(t *testing.T) {
	d, c := startFake(t)
	l := d.listening(c)
	ctx, cancel := cancelled(t)
	accepted := later(func() (*client.Offer, error) { return l.Accept(ctx) })
	cancel()
	if r := <-accepted; !errors.Is(r.err, errEnough) {
		t.Errorf("accept: %v", r.err)
	}
}

// A refusal with a cause that the daemon does not take still ends the offer.
func TestReject(t *testing.T) {
	d, c := startFake(t)
	l := d.listening(c)
	d.offer(7, 20)
	o, err := l.Accept(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if o.Link() != "lab" || o.Parameters().GetCalling() != "49" {
		t.Errorf("an offer on %q with %v", o.Link(), o.Parameters())
	}
	rejected := later(func() (int, error) { return 0, o.Reject(t.Context(), client.Cause{Value: 200}) })
	m := d.expect("incoming_call_complete")
	if m.GetIncomingCallComplete().GetStatus() != cmdpb.Status_FAILURE || m.GetIncomingCallComplete().GetCause().GetValue() != 200 {
		t.Errorf("refused by %v", m)
	}
	d.refuse(m, cmdpb.Status_INVALID_DATA)
	if r := <-rejected; !isStatus(r.err, cmdpb.Status_INVALID_DATA) {
		t.Errorf("reject: %v", r.err)
	}
	d.finishClose(false)

	// The ordinary case: no CloseCall is due.
	d.offer(7, 21)
	if o, err = l.Accept(t.Context()); err != nil {
		t.Fatal(err)
	}
	rejected = later(func() (int, error) { return 0, o.Reject(t.Context(), client.Cause{Value: 17}) })
	d.success(d.expect("incoming_call_complete"))
	d.send(deleted(21))
	d.giveBack(false)
	if r := <-rejected; r.err != nil {
		t.Errorf("reject: %v", r.err)
	}
	// The caller has given up before.
	d.offer(7, 22)
	if o, err = l.Accept(t.Context()); err != nil {
		t.Fatal(err)
	}
	d.send(incomingClose(22))
	d.finishClose(false)
	rejected = later(func() (int, error) { return 0, o.Reject(t.Context(), client.Cause{}) })
	d.refuse(d.expect("incoming_call_complete"), cmdpb.Status_FAILURE)
	if r := <-rejected; r.err != nil {
		t.Errorf("reject of what is over: %v", r.err)
	}
	// The caller gives up while the refusal is on its way.
	d.offer(7, 23)
	if o, err = l.Accept(t.Context()); err != nil {
		t.Fatal(err)
	}
	rejected = later(func() (int, error) { return 0, o.Reject(t.Context(), client.Cause{}) })
	m = d.expect("incoming_call_complete")
	d.send(incomingClose(23))
	closing := d.expect("close_call")
	d.refuse(m, cmdpb.Status_FAILURE)
	d.pending(closing)
	d.send(closeCallComplete(closing.GetRequest()))
	d.giveBack(false)
	if r := <-rejected; r.err != nil {
		t.Errorf("reject that has crossed the end: %v", r.err)
	}
}

// An acceptance that comes too late says why the call has ended.
func TestAcceptTooLate(t *testing.T) {
	d, c := startFake(t)
	l := d.listening(c)
	d.offer(7, 20)
	d.offer(7, 21)
	before, err := l.Accept(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	crossing, err := l.Accept(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	d.send(incomingClose(20))
	d.finishClose(false) // nobody waits for it
	accepted := later(func() (*client.VC, error) { return before.Accept(t.Context()) })
	r := <-accepted
	if e, ok := errors.AsType[*client.Error](r.err); !ok || !e.Cause.Normal() {
		t.Errorf("accept: %v", r.err)
	}
	accepted = later(func() (*client.VC, error) { return crossing.Accept(t.Context()) })
	m := d.expect("incoming_call_complete")
	d.send(incomingClose(21))
	closing := d.expect("close_call")
	d.refuse(m, cmdpb.Status_FAILURE)
	d.pending(closing)
	d.send(closeCallComplete(closing.GetRequest()))
	d.giveBack(false)
	r = <-accepted
	if e, ok := errors.AsType[*client.Error](r.err); !ok || !e.Cause.Normal() {
		t.Errorf("accept: %v", r.err)
	}
}

// A close that is not waited for goes on, and its result can be had later.
func TestAbortClose(t *testing.T) {
	d, c := startFake(t)
	v, _ := d.calling(c)
	ctx, cancel := cancelled(t)
	closed := later(func() (client.CloseResult, error) {
		return v.CloseWith(ctx, client.CloseOptions{Linger: 1500 * time.Microsecond, Cause: client.Cause{Value: 31}})
	})
	m := d.expect("close_call")
	if op := m.GetCloseCall(); op.GetVc() != 1 || op.GetLingerMs() != 2 || op.GetCause().GetValue() != 31 {
		t.Errorf("closed by %v", op)
	}
	cancel()
	if r := <-closed; !errors.Is(r.err, errEnough) {
		t.Errorf("close: %v", r.err)
	}
	if _, err := v.Write([]byte("x")); !errors.Is(err, net.ErrClosed) {
		t.Errorf("write: %v", err)
	}
	d.pending(m)
	d.send(closeCallComplete(m.GetRequest()))
	d.giveBack(true)
	got, err := v.CloseWith(t.Context(), client.CloseOptions{})
	if want := (client.CloseResult{Sent: 3, Dropped: 2}); !cmp.Equal(got, want) || err != nil {
		t.Errorf("later: %+v, %v", got, err)
	}
	if err := v.Close(); err == nil {
		t.Error("Close says nothing of dropped SDUs")
	}
	if _, err := v.Read(make([]byte, 10)); !errors.Is(err, net.ErrClosed) {
		t.Errorf("read: %v", err)
	}
}

// The linger fits the protocol whatever the caller says.
func TestLinger(t *testing.T) {
	for _, tc := range []struct {
		linger time.Duration
		want   uint32
	}{{-time.Second, 0}, {0, 0}, {1, 1}, {time.Millisecond, 1}, {time.Minute, 60000}, {math.MaxInt64, math.MaxUint32}} {
		d, c := startFake(t)
		v, _ := d.calling(c)
		closed := later(func() (client.CloseResult, error) {
			return v.CloseWith(t.Context(), client.CloseOptions{Linger: tc.linger})
		})
		m := d.expect("close_call")
		if got := m.GetCloseCall().GetLingerMs(); got != tc.want {
			t.Errorf("%v is asked for as %d ms", tc.linger, got)
		}
		d.refuse(m, cmdpb.Status_FAILURE)
		d.giveBack(true)
		if r := <-closed; !isStatus(r.err, cmdpb.Status_FAILURE) {
			t.Errorf("close: %v", r.err)
		}
	}
}

// expectAny receives the next request, which must be one of the operations.
func (d *fakeDaemon) expectAny(ops ...string) (string, *cmdpb.ClientMessage) {
	d.t.Helper()
	m := d.next()
	op := opOf(m)
	if !slices.Contains(ops, op) {
		d.t.Fatalf("got %v, want one of %v", m, ops)
	}
	return op, m
}

// finishCloseOnly serves a CloseCall.
func (d *fakeDaemon) finishCloseOnly() {
	d.t.Helper()
	m := d.expect("close_call")
	d.pending(m)
	d.send(closeCallComplete(m.GetRequest()))
}

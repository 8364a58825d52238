package client_test

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	"callmanager/api/cmdpb"
	"callmanager/client"
	"callmanager/datapath/ring"
	"callmanager/signalling/q2931/ie"
)

// Nothing that is closed panics, and all of it says that it is closed.
func TestUseAfterClose(t *testing.T) {
	checkLeaks(t)
	l := startLab(t)
	alice, bob := l.alice.dial(t), l.bob.dial(t)
	c := connect(t, alice, bob, "bob", nil)
	for _, name := range []string{"calling", "called"} { // in this order: the called side is released
		v := map[string]*client.VC{"calling": c.calling, "called": c.called}[name]
		for range 3 {
			if err := v.Close(); err != nil {
				t.Errorf("%s: close: %v", name, err)
			}
		}
		useClosed(t, name, v, net.ErrClosed)
		if v.MaxSend() == 0 || v.MaxReceive() == 0 || v.Handle() == 0 || v.Channel().GetVci() == 0 {
			t.Errorf("%s: forgotten what it was: %v, %v", name, v.Parameters(), v.Channel())
		}
	}
	if err := c.calling.Err(); err != nil {
		t.Errorf("the calling side was closed here, and says %v", err)
	}
	if err := alice.CloseAF(t.Context()); err != nil {
		t.Errorf("close of the address family: %v", err)
	}
	if err := alice.CloseAF(t.Context()); err == nil {
		t.Error("a second close of the address family succeeds")
	}
	if _, err := alice.Call(t.Context(), "bob", nil); err == nil {
		t.Error("a call without an address family")
	}
	for range 3 {
		if err := alice.Close(); err != nil {
			t.Error(err)
		}
	}
	listener, err := bob.Listen(t.Context(), client.SAP{})
	if err != nil {
		t.Fatal(err)
	}
	_ = bob.Close()
	useGone(t, alice, bob, listener)
}

// useClosed uses a VC that has ended.
func useClosed(t *testing.T, name string, v *client.VC, want error) {
	t.Helper()
	ctx, buf := t.Context(), make([]byte, 100)
	for op, f := range map[string]func() error{
		"Write":     func() error { _, err := v.Write(buf); return err },
		"Send":      func() error { return v.Send(ctx, client.SDU{Payload: buf}) },
		"SendBatch": func() error { _, err := v.SendBatch(ctx, []client.SDU{{Payload: buf}}); return err },
		"Read":      func() error { _, err := v.Read(buf); return err },
		"Recv":      func() error { _, err := v.Recv(ctx, buf); return err },
		"RecvBatch": func() error { _, err := v.RecvBatch(ctx, []client.SDU{{Payload: buf}}); return err },
	} {
		if err := f(); !errors.Is(err, want) {
			t.Errorf("%s: %s: %v, want %v", name, op, err, want)
		}
	}
}

// useGone uses connections that are closed.
func useGone(t *testing.T, alice, bob *client.Conn, l *client.Listener) {
	t.Helper()
	ctx := t.Context()
	for op, f := range map[string]func(*client.Conn) error{
		"Call":          func(c *client.Conn) error { _, err := c.Call(ctx, "bob", nil); return err },
		"Listen":        func(c *client.Conn) error { _, err := c.Listen(ctx, client.SAP{}); return err },
		"CreateVC":      func(c *client.Conn) error { _, err := c.CreateVC(ctx); return err },
		"MakeCall":      func(c *client.Conn) error { _, err := c.MakeCall(ctx, 1, "bob", nil); return err },
		"DeleteVC":      func(c *client.Conn) error { return c.DeleteVC(ctx, 1) },
		"DeregisterSAP": func(c *client.Conn) error { return c.DeregisterSAP(ctx, 1) },
		"CloseAF":       func(c *client.Conn) error { return c.CloseAF(ctx) },
		"CloseOther":    func(c *client.Conn) error { return c.CloseOther(ctx, 1) },
		"ModifyOther":   func(c *client.Conn) error { _, err := c.ModifyOther(ctx, 1, client.ModifyOptions{}); return err },
		"Status":        func(c *client.Conn) error { _, err := c.Status(ctx); return err },
		"Links":         func(c *client.Conn) error { _, err := c.Links(ctx); return err },
		"Trace":         func(c *client.Conn) error { return c.Trace(ctx, "", nil) },
		"StopTrace":     func(c *client.Conn) error { return c.StopTrace(ctx) },
		"Capture":       func(c *client.Conn) error { return c.Capture(ctx, nil, client.CaptureSink{}) },
		"StopCapture":   func(c *client.Conn) error { return c.StopCapture(ctx) },
	} {
		for _, c := range []*client.Conn{alice, bob} {
			if err := f(c); !errors.Is(err, client.ErrDisconnected) || !errors.Is(err, net.ErrClosed) {
				t.Errorf("%s: %v", op, err)
			}
		}
	}
	if alice.Version() != "test" || len(alice.Addresses()) != 1 {
		t.Errorf("version %q, addresses %v", alice.Version(), alice.Addresses())
	}
	if _, err := l.Accept(ctx); !errors.Is(err, client.ErrDisconnected) {
		t.Errorf("accept: %v", err)
	}
	if err := l.Close(); !errors.Is(err, client.ErrDisconnected) {
		t.Errorf("close of the listener: %v", err)
	}
}

// Closing races with everything that can be done with a VC, on both sides: the memory of the rings is
// unmapped only when nobody is inside.
func TestCloseRaces(t *testing.T) {
	checkLeaks(t)
	l := startLab(t)
	alice, bob := l.alice.dial(t), l.bob.dial(t)
	for i := range 12 {
		c := connect(t, alice, bob, "bob", nil)
		var busy sync.WaitGroup
		moved := make(chan struct{}, 1)
		for _, v := range []*client.VC{c.calling, c.called} {
			busy.Go(func() { sendUntilEnd(t, v, i%2 == 0) })
			busy.Go(func() { receiveUntilEnd(t, v, i%3 == 0, moved) })
		}
		<-moved
		var closing sync.WaitGroup
		for j, v := range []*client.VC{c.calling, c.called, c.calling, c.called} {
			if i%4 == 1 && j%2 == 1 {
				continue // that side learns of it
			}
			closing.Go(func() { _, _ = v.CloseWith(t.Context(), client.CloseOptions{}) })
		}
		closing.Wait()
		_, _ = c.called.CloseWith(t.Context(), client.CloseOptions{})
		busy.Wait()
	}
	l.awaitEmpty(t)
}

// sendUntilEnd sends until it cannot.
func sendUntilEnd(t *testing.T, v *client.VC, batch bool) {
	t.Helper()
	payload := make([]byte, 500)
	for {
		var err error
		if batch {
			_, err = v.SendBatch(t.Context(), []client.SDU{{Payload: payload}, {Payload: payload}})
		} else {
			_, err = v.Write(payload)
		}
		if err != nil {
			if !errors.Is(err, net.ErrClosed) && !errors.Is(err, client.ErrReleased) {
				t.Errorf("send: %v", err)
			}
			return
		}
	}
}

// receiveUntilEnd receives until it cannot, and tells of the first SDU.
func receiveUntilEnd(t *testing.T, v *client.VC, batch bool, moved chan<- struct{}) {
	t.Helper()
	buf := make([]byte, v.MaxReceive())
	for {
		var err error
		if batch {
			_, err = v.RecvBatch(t.Context(), []client.SDU{{Payload: buf}})
		} else {
			_, err = v.Read(buf)
		}
		if err != nil {
			if !errors.Is(err, net.ErrClosed) && !errors.Is(err, io.EOF) {
				t.Errorf("receive: %v", err)
			}
			return
		}
		select {
		case moved <- struct{}{}:
		default:
		}
	}
}

// The end of the connection races with calls that are being made.
func TestConnCloseRaces(t *testing.T) {
	checkLeaks(t)
	l := startLab(t)
	bob := l.bob.dial(t)
	listener, err := bob.Listen(t.Context(), client.SAP{})
	if err != nil {
		t.Fatal(err)
	}
	var accepting sync.WaitGroup
	accepting.Go(func() {
		for {
			o, err := listener.Accept(t.Context())
			if err != nil {
				return
			}
			accepting.Go(func() {
				if v, err := o.Accept(t.Context()); err == nil {
					<-v.Released()
					_ = v.Close()
				}
			})
		}
	})
	for i := range 10 {
		alice := l.alice.dial(t)
		var calling sync.WaitGroup
		up := make(chan struct{}, 10)
		for range 10 {
			calling.Go(func() {
				v, err := alice.Call(t.Context(), "bob", nil)
				if err == nil {
					up <- struct{}{}
					_ = v.Close()
				}
			})
		}
		if i%2 == 0 {
			<-up
		}
		_ = alice.Close()
		calling.Wait()
	}
	_ = listener.Close()
	accepting.Wait()
	l.awaitEmpty(t)
}

// Calls that are given up at any moment leave nothing in the daemon, whose quota would tell.
func TestAbortedAtAnyMoment(t *testing.T) {
	checkLeaks(t)
	l := startLab(t)
	alice, bob := l.alice.dial(t), l.bob.dial(t)
	listener, err := bob.Listen(t.Context(), client.SAP{})
	if err != nil {
		t.Fatal(err)
	}
	var accepting sync.WaitGroup
	accepting.Go(func() {
		for n := 0; ; n++ {
			o, err := listener.Accept(t.Context())
			if err != nil {
				return
			}
			accepting.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(n%50)*20*time.Microsecond)
				defer cancel()
				if v, err := o.Accept(ctx); err == nil {
					_, _ = v.CloseWith(ctx, client.CloseOptions{})
				}
			})
		}
	})
	var calling sync.WaitGroup
	for i := range 100 {
		calling.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i)*30*time.Microsecond)
			defer cancel()
			if v, err := alice.Call(ctx, "bob", nil); err == nil {
				_, _ = v.CloseWith(ctx, client.CloseOptions{})
			}
		})
	}
	calling.Wait()
	_ = listener.Close()
	accepting.Wait()
	l.awaitEmpty(t)
	c := connect(t, alice, bob, "bob", nil)
	_ = c.calling.Close()
	_ = c.called.Close()
}

// A daemon that dies without a word ends reading and writing, after what has arrived.
func TestDaemonDies(t *testing.T) {
	checkLeaks(t)
	d, c := startFake(t)
	v, ep := d.calling(c)
	if err := ep.Send(t.Context(), ring.Record{Payload: []byte("last words")}); err != nil {
		t.Fatal(err)
	}
	_ = ep.Close()
	_ = d.sock.Close()
	<-v.Released()
	if !errors.Is(v.Err(), client.ErrDisconnected) {
		t.Errorf("told %v", v.Err())
	}
	buf := make([]byte, v.MaxReceive())
	if n, err := v.Read(buf); err != nil || string(buf[:n]) != "last words" {
		t.Errorf("read %q, %v", buf[:n], err)
	}
	if _, err := v.Read(buf); !errors.Is(err, io.EOF) && !errors.Is(err, client.ErrDisconnected) {
		t.Errorf("read: %v", err)
	}
	if _, err := v.Write(buf); !errors.Is(err, client.ErrDisconnected) {
		t.Errorf("write: %v", err)
	}
	if _, err := v.CloseWith(t.Context(), client.CloseOptions{}); !errors.Is(err, client.ErrDisconnected) {
		t.Errorf("close: %v", err)
	}
	useClosed(t, "afterwards", v, net.ErrClosed)
}

// A smaller contract holds on both sides; what it leaves open stays as offered.
func TestAcceptWith(t *testing.T) {
	l := startLab(t)
	alice, bob := l.alice.dial(t), l.bob.dial(t)
	listener, err := bob.Listen(t.Context(), client.SAP{})
	if err != nil {
		t.Fatal(err)
	}
	called := later(func() (*client.VC, error) { return alice.Call(t.Context(), "bob", nil) })
	o, err := listener.Accept(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	offered := o.Parameters().GetContract()
	v, err := o.AcceptWith(t.Context(), &cmdpb.Contract{Forward: &cmdpb.Flow{MaxSdu: 300}, Backward: &cmdpb.Flow{MaxSdu: 60000}})
	if err != nil {
		t.Fatal(err)
	}
	r := <-called
	if r.err != nil {
		t.Fatal(r.err)
	}
	if v.MaxReceive() != 300 || r.value.MaxSend() != 300 || v.MaxSend() != int(offered.GetBackward().GetMaxSdu()) || v.MaxSend() != r.value.MaxReceive() {
		t.Errorf("SDUs of %d and %d octets; the caller says %d and %d", v.MaxReceive(), v.MaxSend(), r.value.MaxSend(), r.value.MaxReceive())
	}
	want, got := r.value.Parameters().GetContract(), v.Parameters().GetContract()
	if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
		t.Errorf("the two sides' contracts (-caller +called):\n%s", diff)
	}
	if _, err := v.Write(make([]byte, v.MaxSend())); err != nil {
		t.Error(err)
	}
	_ = v.Close()
	_ = r.value.Close()

	// A contract that cannot be accepted refuses the call.
	called = later(func() (*client.VC, error) { return alice.Call(t.Context(), "bob", nil) })
	if o, err = listener.Accept(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := o.AcceptWith(t.Context(), &cmdpb.Contract{Forward: &cmdpb.Flow{Pcr: 5}}); !isStatus(err, cmdpb.Status_INVALID_DATA) {
		t.Errorf("another rate: %v", err)
	}
	if r := <-called; r.err == nil {
		t.Error("the call comes about all the same")
	} else if e, ok := errors.AsType[*client.Error](r.err); !ok || e.Cause.Value != uint8(ie.CauseCallRejected) {
		t.Errorf("the caller is told %v", r.err)
	}
	_ = listener.Close()
	l.awaitEmpty(t)
}

// A VC of one's own carries one call after another, and is deleted by hand.
func TestMakeCall(t *testing.T) {
	l := startLab(t)
	alice, bob := l.alice.dial(t), l.bob.dial(t)
	listener, err := bob.Listen(t.Context(), client.SAP{})
	if err != nil {
		t.Fatal(err)
	}
	h, err := alice.CreateVC(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		called := later(func() (*client.VC, error) { return alice.MakeCall(t.Context(), h, "bob", nil) })
		o, err := listener.Accept(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if i == 1 { // a refusal leaves the VC, too
			if err := o.Reject(t.Context(), client.Cause{}); err != nil {
				t.Error(err)
			}
			if r := <-called; r.err == nil {
				t.Error("a refused call comes about")
			}
			continue
		}
		v, err := o.Accept(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		r := <-called
		if r.err != nil || r.value.Handle() != h {
			t.Fatalf("call %d: %v", i, r.err)
		}
		if _, err := alice.MakeCall(t.Context(), h, "bob", nil); !isStatus(err, cmdpb.Status_CALL_ACTIVE) {
			t.Errorf("a second call: %v", err)
		}
		if err := alice.DeleteVC(t.Context(), h); !isStatus(err, cmdpb.Status_NOT_ACCEPTED) {
			t.Errorf("deleted with a call on it: %v", err)
		}
		_, _ = r.value.Write([]byte("x"))
		if n, err := v.Read(make([]byte, v.MaxReceive())); n != 1 || err != nil {
			t.Errorf("call %d: read %d octets, %v", i, n, err)
		}
		_ = r.value.Close()
		_ = v.Close()
	}
	if err := alice.DeleteVC(t.Context(), h); err != nil {
		t.Error(err)
	}
	_ = listener.Close()
	l.awaitEmpty(t)
}

// Who waits for the end of a context is woken by it, and the VC goes on.
func TestContexts(t *testing.T) {
	l := startLab(t)
	slow := &cmdpb.Flow{Pcr: 10, MaxSdu: 1400}
	c := connect(t, l.alice.dial(t), l.bob.dial(t), "bob", &client.CallOptions{
		Contract: &cmdpb.Contract{Category: cmdpb.Category_CBR, Forward: slow, Backward: slow},
	})
	ctx, cancel := cancelled(t)
	received := later(func() (client.SDU, error) { return c.called.Recv(ctx, make([]byte, 1400)) })
	sent := later(func() (int, error) {
		batch := make([]client.SDU, 1000) // more than the ring holds
		for i := range batch {
			batch[i].Payload = make([]byte, 1400)
		}
		return c.calling.SendBatch(ctx, batch)
	})
	if r := <-received; r.err != nil { // the first one comes at once
		t.Error(r.err)
	}
	received = later(func() (client.SDU, error) { return c.calling.Recv(ctx, make([]byte, 1400)) })
	cancel()
	if r := <-received; !errors.Is(r.err, errEnough) {
		t.Errorf("receive: %v", r.err)
	}
	if r := <-sent; !errors.Is(r.err, errEnough) || r.value == 0 || r.value == 1000 {
		t.Errorf("sent %d, %v", r.value, r.err)
	}
	if err := c.called.Send(t.Context(), client.SDU{Payload: []byte("still there")}); err != nil {
		t.Error(err)
	}
	buf := make([]byte, 1400)
	if s, err := c.calling.Recv(t.Context(), buf); err != nil || string(s.Payload) != "still there" {
		t.Errorf("received %q, %v", s.Payload, err)
	}
	r, err := c.calling.CloseWith(t.Context(), client.CloseOptions{})
	if err != nil || r.Dropped == 0 {
		t.Errorf("closed with %+v, %v", r, err)
	}
}

// A call may follow on a VC while the library still gives back the one before: what happens to it
// reaches it.
func TestMakeCallAfterAbortedClose(t *testing.T) {
	for range 20 {
		d, c := startFake(t)
		first := later(func() (*client.VC, error) { return c.MakeCall(t.Context(), 1, "bob", nil) })
		d.connect(d.expect("make_call"))
		r := <-first
		if r.err != nil {
			t.Fatal(r.err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := r.value.CloseWith(ctx, client.CloseOptions{}); !errors.Is(err, context.Canceled) {
			t.Fatalf("close: %v", err)
		}
		d.finishCloseOnly()
		done := d.expect("ring_done")
		second := later(func() (*client.VC, error) { return c.MakeCall(t.Context(), 1, "bob", nil) })
		m := d.expect("make_call")
		d.success(done)
		d.connect(m)
		if r = <-second; r.err != nil {
			t.Fatal(r.err)
		}
		d.send(incomingClose(1))
		select {
		case <-r.value.Released():
		case <-time.After(patience):
			t.Fatal("the end of the second call does not reach it")
		}
		closed := later(func() (int, error) { return 0, r.value.Close() })
		d.finishClose(false)
		<-closed
	}
}

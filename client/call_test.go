package client_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"callmanager/api/cmdpb"
	"callmanager/client"
	"callmanager/signalling/q2931/ie"
)

// connected is a call between two clients.
type connected struct {
	calling, called *client.VC
}

// connect calls from one client to another that listens.
func connect(t *testing.T, from, to *client.Conn, dest string, o *client.CallOptions) connected {
	t.Helper()
	l, err := to.Listen(t.Context(), client.SAP{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	var c connected
	var accepting sync.WaitGroup
	accepting.Go(func() {
		offer, err := l.Accept(t.Context())
		if err == nil {
			c.called, err = offer.Accept(t.Context())
		}
		if err != nil {
			t.Error(err)
		}
	})
	c.calling, err = from.Call(t.Context(), dest, o)
	if err != nil {
		t.Fatal(err)
	}
	accepting.Wait()
	if t.Failed() {
		t.FailNow()
	}
	return c
}

func TestCallBothWays(t *testing.T) {
	l := startLab(t)
	alice, bob := l.alice.dial(t), l.bob.dial(t)
	for name, c := range map[string]connected{
		"by name":    connect(t, alice, bob, "bob", nil),
		"by address": connect(t, bob, alice, l.alice.address, nil),
	} {
		for _, vcs := range [][2]*client.VC{{c.calling, c.called}, {c.called, c.calling}} {
			want := client.SDU{Payload: []byte("hello " + name), UU: 1, CLP: true}
			if err := vcs[0].Send(t.Context(), want); err != nil {
				t.Fatalf("%s: send: %v", name, err)
			}
			got, err := vcs[1].Recv(t.Context(), make([]byte, vcs[1].MaxReceive()))
			if err != nil {
				t.Fatalf("%s: receive: %v", name, err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", name, diff)
			}
		}
		if err := c.calling.Close(); err != nil {
			t.Errorf("%s: close: %v", name, err)
		}
		<-c.called.Released()
		if err := c.called.Close(); err != nil {
			t.Errorf("%s: close of the called side: %v", name, err)
		}
	}
	l.awaitEmpty(t)
}

// What is written before Close arrives, and is followed by the end of file.
func TestCloseDrains(t *testing.T) {
	l := startLab(t)
	c := connect(t, l.alice.dial(t), l.bob.dial(t), "bob", nil)
	const n = 2000
	go func() {
		for i := range n {
			if _, err := c.calling.Write(bytes.Repeat([]byte{byte(i)}, 1+i%1400)); err != nil {
				t.Errorf("write %d: %v", i, err)
			}
		}
		if r, err := c.calling.CloseWith(context.Background(), client.CloseOptions{Linger: time.Minute}); err != nil || r.Dropped != 0 {
			t.Errorf("close: %+v, %v", r, err)
		}
	}()
	buf := make([]byte, c.called.MaxReceive())
	for i := range n {
		k, err := c.called.Read(buf)
		if err != nil || k != 1+i%1400 || buf[0] != byte(i) {
			t.Fatalf("read %d: %d octets beginning with %d, %v", i, k, buf[0], err)
		}
	}
	if _, err := c.called.Read(buf); !errors.Is(err, io.EOF) {
		t.Errorf("after the last SDU: %v, want end of file", err)
	}
	if err := c.called.Close(); err != nil {
		t.Error(err)
	}
	l.awaitEmpty(t)
}

func TestBatches(t *testing.T) {
	l := startLab(t)
	c := connect(t, l.alice.dial(t), l.bob.dial(t), "bob", nil)
	batch := make([]client.SDU, 48)
	for i := range batch {
		batch[i].Payload = bytes.Repeat([]byte{byte(i)}, i+1)
	}
	if n, err := c.calling.SendBatch(t.Context(), batch); n != len(batch) || err != nil {
		t.Fatalf("sent %d: %v", n, err)
	}
	got := make([]client.SDU, 0, len(batch))
	for len(got) < len(batch) {
		room := make([]client.SDU, 7)
		for i := range room {
			room[i].Payload = make([]byte, 0, 64)
		}
		n, err := c.called.RecvBatch(t.Context(), room)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, room[:n]...)
	}
	if diff := cmp.Diff(batch, got); diff != "" {
		t.Error(diff)
	}
}

func TestSDUSizes(t *testing.T) {
	l := startLab(t)
	c := connect(t, l.alice.dial(t), l.bob.dial(t), "bob", &client.CallOptions{Contract: &cmdpb.Contract{
		Forward: &cmdpb.Flow{MaxSdu: 100}, Backward: &cmdpb.Flow{MaxSdu: 200},
	}})
	if c.calling.MaxSend() != 100 || c.called.MaxReceive() != 100 || c.called.MaxSend() != 200 {
		t.Fatalf("negotiated %v", c.calling.Parameters())
	}
	for _, n := range []int{0, 101} {
		if _, err := c.calling.Write(make([]byte, n)); !errors.Is(err, client.ErrTooLarge) {
			t.Errorf("%d octets: %v", n, err)
		}
	}
	if _, err := c.calling.Write(make([]byte, 100)); err != nil {
		t.Error(err)
	}
	if _, err := c.called.Read(make([]byte, 99)); !errors.Is(err, io.ErrShortBuffer) {
		t.Errorf("short buffer: %v", err)
	}
	if n, err := c.called.Read(make([]byte, 100)); n != 100 || err != nil {
		t.Errorf("the SDU did not stay: %d, %v", n, err)
	}
}

func TestRefusals(t *testing.T) {
	l := startLab(t)
	alice, bob := l.alice.dial(t), l.bob.dial(t)
	listener, err := bob.Listen(t.Context(), client.SAP{})
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		o, err := listener.Accept(t.Context())
		if err == nil {
			err = o.Reject(t.Context(), client.Cause{Value: 17})
		}
		if err != nil {
			t.Error(err)
		}
	}()
	fast := &cmdpb.Flow{Pcr: 1 << 23, MaxSdu: 1000}
	for name, tc := range map[string]struct {
		dest  string
		o     client.CallOptions
		cause uint8
		words string
	}{
		"rejected":     {dest: "bob", cause: 17, words: "user busy"},
		"no route":     {dest: "47.0091.8100.0000.0000.0000.0101.0000.0000.0101.00", cause: 3, words: "no route to destination"},
		"own address":  {dest: l.alice.address, words: "own"},
		"not a name":   {dest: "carol", words: "carol"},
		"no bandwidth": {dest: "bob", o: client.CallOptions{Contract: &cmdpb.Contract{Category: cmdpb.Category_CBR, Forward: fast, Backward: fast}}, cause: 37, words: "cell rate"},
	} {
		v, err := alice.Call(t.Context(), tc.dest, &tc.o)
		e, ok := errors.AsType[*client.Error](err)
		if !ok {
			t.Errorf("%s: %v, %v", name, v, err)
			continue
		}
		if tc.cause != 0 && e.Cause.Value != tc.cause {
			t.Errorf("%s: cause %v, want %d", name, e.Cause, tc.cause)
		}
		if !strings.Contains(e.Error(), tc.words) {
			t.Errorf("%s: %q does not say %q", name, e, tc.words)
		}
	}
	_ = listener.Close()
	l.awaitEmpty(t)
}

// A context that ends aborts the call, and nothing is left of it.
func TestCallAborted(t *testing.T) {
	l := startLab(t)
	alice, bob := l.alice.dial(t), l.bob.dial(t)
	listener, err := bob.Listen(t.Context(), client.SAP{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		if _, err := listener.Accept(t.Context()); err != nil {
			t.Error(err)
		}
		cancel()
	}()
	if _, err := alice.Call(ctx, "bob", nil); !errors.Is(err, context.Canceled) {
		t.Errorf("call: %v", err)
	}
	_ = listener.Close()
	l.awaitEmpty(t)
}

// A sender that waits for room is woken by the release.
func TestReleaseWakesSender(t *testing.T) {
	l := startLab(t)
	slow := &cmdpb.Flow{Pcr: 10, MaxSdu: 1400}
	c := connect(t, l.alice.dial(t), l.bob.dial(t), "bob", &client.CallOptions{
		Contract: &cmdpb.Contract{Category: cmdpb.Category_CBR, Forward: slow, Backward: slow},
	})
	stopped := make(chan error, 1)
	go func() {
		for {
			if _, err := c.calling.Write(make([]byte, 1400)); err != nil {
				stopped <- err
				return
			}
		}
	}()
	if _, err := c.called.CloseWith(t.Context(), client.CloseOptions{Cause: client.Cause{Value: 31}}); err != nil {
		t.Error(err)
	}
	if err := <-stopped; err == nil || errors.Is(err, client.ErrDisconnected) {
		t.Errorf("sender met %v", err)
	}
	<-c.calling.Released()
	end, ok := errors.AsType[*client.Error](c.calling.Err())
	if !ok || end.Status != cmdpb.Status_SUCCESS || end.Cause.Value != 31 {
		t.Errorf("told %v", c.calling.Err())
	}
	_ = c.calling.Close()
	l.awaitEmpty(t)
}

func TestDaemonEnds(t *testing.T) {
	l := startLab(t)
	alice, bob := l.alice.dial(t), l.bob.dial(t)
	c := connect(t, alice, bob, "bob", nil)
	if err := l.bob.shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	for _, v := range []*client.VC{c.calling, c.called} {
		<-v.Released()
		if end, ok := errors.AsType[*client.Error](v.Err()); !ok || end.Cause.Value != uint8(ie.CauseDestinationOutOfOrder) {
			t.Errorf("told %v", v.Err())
		}
	}
	if err := l.bob.server.Close(); err != nil {
		t.Error(err)
	}
	<-bob.Done()
	if _, err := bob.Status(t.Context()); !errors.Is(err, client.ErrDisconnected) || !strings.Contains(err.Error(), "the daemon") {
		t.Errorf("after the daemon's end: %v", err)
	}
}

// A client that goes away without a word leaves nothing behind, and its peer is told.
func TestClientGoes(t *testing.T) {
	l := startLab(t)
	alice, bob := l.alice.dial(t), l.bob.dial(t)
	c := connect(t, alice, bob, "bob", nil)
	if err := alice.Close(); err != nil {
		t.Error(err)
	}
	<-c.called.Released()
	if _, err := c.called.Read(make([]byte, c.called.MaxReceive())); !errors.Is(err, io.EOF) {
		t.Errorf("read: %v", err)
	}
	if _, err := c.calling.Write([]byte("x")); err == nil {
		t.Error("a write after the connection's end succeeds")
	}
	if err := c.called.Close(); err != nil {
		t.Error(err)
	}
	_ = bob.Close()
	l.awaitEmpty(t)
}

func TestLists(t *testing.T) {
	l := startLab(t)
	alice, bob, operator := l.alice.dial(t), l.bob.dial(t), l.alice.dial(t)
	c := connect(t, alice, bob, "bob", nil)
	vcs, err := operator.VCs(t.Context())
	if err != nil || len(vcs) != 1 || vcs[0].GetHandle() != c.calling.Handle() || vcs[0].GetState() != "active" || vcs[0].GetCallState() != "connected" {
		t.Fatalf("VCs: %v, %v", vcs, err)
	}
	calls, err := operator.Calls(t.Context())
	if err != nil || len(calls) != 1 || calls[0].GetVc() != c.calling.Handle() || !calls[0].GetOurs() {
		t.Fatalf("calls: %v, %v", calls, err)
	}
	status, err := operator.Status(t.Context())
	if err != nil || status.GetVcs() != 1 || status.GetCalls() != 1 || status.GetClients() != 2 || status.GetLinksUp() != 1 {
		t.Errorf("status: %v, %v", status, err)
	}
	if err := operator.DeleteVC(t.Context(), c.calling.Handle()); !errors.Is(err, &client.Error{Status: cmdpb.Status_NOT_PERMITTED}) {
		t.Errorf("another's VC: %v", err)
	}
	_ = c.calling.Close()
	_ = c.called.Close()
	l.awaitEmpty(t)
}

func TestCloseOther(t *testing.T) {
	needAdmin(t)
	l := startLab(t)
	alice, bob, operator := l.alice.dial(t), l.bob.dial(t), l.alice.dial(t)
	c := connect(t, alice, bob, "bob", nil)
	if err := operator.CloseOther(t.Context(), c.calling.Handle()); err != nil {
		t.Fatal(err)
	}
	<-c.calling.Released()
	<-c.called.Released()
	_ = c.calling.Close()
	_ = c.called.Close()
	l.awaitEmpty(t)
}

func TestTrace(t *testing.T) {
	needAdmin(t)
	l := startLab(t)
	alice, bob, observer := l.alice.dial(t), l.bob.dial(t), l.alice.dial(t)
	names := make(chan string, 100)
	if err := observer.Trace(t.Context(), "peer", func(e *cmdpb.TraceEvent) {
		if e.GetMessage() != "" {
			names <- e.GetMessage()
		}
	}); err != nil {
		t.Fatal(err)
	}
	c := connect(t, alice, bob, "bob", nil)
	if err := c.calling.Close(); err != nil {
		t.Error(err)
	}
	for _, want := range []string{"SETUP", "CONNECT", "CONNECT ACKNOWLEDGE", "RELEASE", "RELEASE COMPLETE"} {
		if got := <-names; got != want {
			t.Errorf("traced %s, want %s", got, want)
		}
	}
	if err := observer.StopTrace(t.Context()); err != nil {
		t.Error(err)
	}
	if err := observer.Trace(t.Context(), "nowhere", nil); err == nil {
		t.Error("a trace of an unknown link starts")
	}
}

func TestManyCallsAtOnce(t *testing.T) {
	l := startLab(t)
	alice, bob := l.alice.dial(t), l.bob.dial(t)
	listener, err := bob.Listen(t.Context(), client.SAP{})
	if err != nil {
		t.Fatal(err)
	}
	const n = 100
	var running sync.WaitGroup
	for range n {
		running.Go(func() {
			o, err := listener.Accept(t.Context())
			if err != nil {
				t.Error(err)
				return
			}
			v, err := o.Accept(t.Context())
			if err != nil {
				t.Error(err)
				return
			}
			buf := make([]byte, v.MaxReceive())
			if k, err := v.Read(buf); err != nil || string(buf[:k]) != "ping" {
				t.Errorf("read %q, %v", buf[:k], err)
			}
			if _, err := v.Read(buf); !errors.Is(err, io.EOF) {
				t.Error(err)
			}
			if err := v.Close(); err != nil {
				t.Error(err)
			}
		})
		running.Go(func() {
			v, err := alice.Call(t.Context(), "bob", nil)
			if err != nil {
				t.Error(err)
				return
			}
			if _, err := v.Write([]byte("ping")); err != nil {
				t.Error(err)
			}
			if err := v.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	running.Wait()
	_ = listener.Close()
	l.awaitEmpty(t)
}

// A call names the selector beside a host's name, and reaches the SAP that has it.
func TestSelector(t *testing.T) {
	l := startLab(t)
	alice, bob := l.alice.dial(t), l.bob.dial(t)
	sel := uint8(0x2A)
	listener, err := bob.Listen(t.Context(), client.SAP{Selector: &sel})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := alice.Call(t.Context(), "bob", nil); err == nil {
		t.Error("a call to selector 0 reaches a SAP of another")
	}
	var accepting sync.WaitGroup
	accepting.Go(func() {
		o, err := listener.Accept(t.Context())
		if err == nil {
			_, err = o.Accept(t.Context())
		}
		if err != nil {
			t.Error(err)
		}
	})
	v, err := alice.Call(t.Context(), "bob", &client.CallOptions{Selector: &sel})
	if err != nil {
		t.Fatal(err)
	}
	accepting.Wait()
	if got := v.Parameters().GetCalled(); got[len(got)-2:] != "2a" {
		t.Errorf("called %s", got)
	}
}

// needAdmin skips a test of what only administrators may do.
func needAdmin(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root, to be an administrator of the daemon")
	}
}

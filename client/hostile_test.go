package client_test

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
	"google.golang.org/protobuf/proto"

	"callmanager/api/cmdpb"
	"callmanager/client"
	"callmanager/datapath/ring"
)

// What a faulty daemon sends is an error of the connection, with the reason, and never more.
func TestBrokenDaemon(t *testing.T) {
	for name, tc := range map[string]struct {
		send  func(*fakeDaemon)
		words string
	}{
		"noise":          {func(d *fakeDaemon) { d.sendRaw([]byte("\xff\xff")) }, "does not parse"},
		"half a message": {func(d *fakeDaemon) { d.sendRaw([]byte("\x0a\x05\x08")) }, "does not parse"},
		"too long":       {func(d *fakeDaemon) { d.sendRaw(make([]byte, 64<<10+1)) }, "too long"},
		"the end":        {func(d *fakeDaemon) { _ = d.sock.Close() }, "EOF"},
		"goodbye":        {func(d *fakeDaemon) { d.send(goodbye("no reason")) }, "no reason"},
		"noise with descriptors": {func(d *fakeDaemon) {
			_, fds := d.rings()
			d.sendRaw([]byte("\xff"), fds...)
		}, "does not parse"},
		"an empty datagram with descriptors": {func(d *fakeDaemon) {
			_, fds := d.rings()
			sendEmpty(t, d.sock, fds)
		}, "EOF"},
		"two VCs of one handle": {func(d *fakeDaemon) {
			d.offer(7, 20)
			_, fds := d.rings()
			d.send(offerOf(7, 20), fds...)
		}, "broke the protocol"},
	} {
		t.Run(name, func(t *testing.T) {
			d, c := startFake(t)
			d.listening(c)
			tc.send(d)
			<-c.Done()
			if err := c.Err(); !errors.Is(err, client.ErrDisconnected) || !strings.Contains(err.Error(), tc.words) {
				t.Errorf("the connection ended with %v, want %q", err, tc.words)
			}
			if _, err := c.Status(t.Context()); !errors.Is(err, client.ErrDisconnected) {
				t.Errorf("afterwards: %v", err)
			}
		})
	}
}

// What nobody asked for is ignored, and its descriptors are closed.
func TestUnasked(t *testing.T) {
	d, c := startFake(t)
	v, _ := d.calling(c)
	before := len(openFiles(t))
	_, fds := d.rings()
	for _, request := range []uint64{0, 1, 2, 3, 99} {
		d.send(makeCallComplete(request, cmdpb.Status_SUCCESS), fds...)
		d.send(closeCallComplete(request))
		d.send(&cmdpb.ServerMessage{Body: &cmdpb.ServerMessage_CloseAfComplete{CloseAfComplete: &cmdpb.CloseAFComplete{Request: request}}})
		d.reply(&cmdpb.ClientMessage{Request: request}, &cmdpb.Reply{Status: cmdpb.Status_PENDING}, fds...)
	}
	for _, h := range []uint64{0, 2, 1 << 63} {
		d.send(callConnected(h))
		d.send(incomingClose(h))
		d.send(deleted(h))
	}
	for range 3 {
		d.send(callConnected(1)) // that VC is ours, and connected long since
	}
	d.send(&cmdpb.ServerMessage{Body: &cmdpb.ServerMessage_TraceEvent{TraceEvent: &cmdpb.TraceEvent{}}}, fds...)
	d.sendRaw([]byte("\xfa\x3e\x03abc")) // a body of a later version
	d.alive(c)
	if v.Err() != nil {
		t.Errorf("the call is over: %v", v.Err())
	}
	if files := openFiles(t); len(files) != before+3 { // those of this test
		t.Errorf("descriptors %v", files)
	}
	for range 3 { // the end of a call may be told often, and counts once
		d.send(incomingClose(1))
	}
	d.finishCloseOnly()
	d.alive(c)
	closed := later(func() (int, error) { return 0, v.Close() })
	d.giveBack(true)
	<-closed
}

// An offer whose descriptors are missing or no rings is refused and given back; the connection lives.
func TestOfferWithoutRings(t *testing.T) {
	d, c := startFake(t)
	l := d.listening(c)
	null, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = null.Close() })
	_, fds := d.rings()
	bad := int(null.Fd())
	vc := uint64(20) // a daemon gives no handle out again
	for name, sent := range map[string][]int{
		"none": nil, "one": fds[:1], "files": {bad, bad}, "exchanged": {fds[1], fds[0]}, "memory twice": {fds[0], fds[0]},
		"no memory": {bad, fds[1]}, "no doorbell": {fds[0], bad},
	} {
		vc++
		d.send(offerOf(7, vc), sent...)
		if m := d.expect("incoming_call_complete"); m.GetIncomingCallComplete().GetStatus() == cmdpb.Status_SUCCESS {
			t.Errorf("%s: accepted", name)
		} else {
			d.success(m)
		}
		d.giveBack(false)
		d.alive(c)
	}
	// More than two are too many, and closed.
	d.send(offerOf(7, vc+1), append(fds, bad, bad)...)
	o, err := l.Accept(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	rejected := later(func() (int, error) { return 0, o.Reject(t.Context(), client.Cause{}) })
	d.success(d.expect("incoming_call_complete"))
	d.giveBack(false)
	<-rejected
}

// MakeCall answered by nonsense fails, and what the daemon may have made is given back.
func TestCallAnsweredByNonsense(t *testing.T) {
	for name, tc := range map[string]struct {
		answer  func(*fakeDaemon, *cmdpb.ClientMessage)
		cleanUp func(*fakeDaemon)
		words   string
	}{
		"success at once": {
			func(d *fakeDaemon, m *cmdpb.ClientMessage) { d.success(m) },
			func(d *fakeDaemon) { d.success(d.expect("delete_vc")) }, "broke the protocol",
		},
		"no rings": {
			func(d *fakeDaemon, m *cmdpb.ClientMessage) { d.pending(m) },
			func(d *fakeDaemon) { d.finishClose(true) }, "descriptors",
		},
		"no rings, and success": {
			func(d *fakeDaemon, m *cmdpb.ClientMessage) {
				d.pending(m)
				d.send(makeCallComplete(m.GetRequest(), cmdpb.Status_SUCCESS))
			},
			func(d *fakeDaemon) { d.finishClose(true) }, "descriptors",
		},
		"pending for ever": {
			func(d *fakeDaemon, m *cmdpb.ClientMessage) {
				_, fds := d.rings()
				d.pending(m, fds...)
				d.send(makeCallComplete(m.GetRequest(), cmdpb.Status_PENDING))
			},
			func(d *fakeDaemon) { d.giveBack(true) }, "PENDING",
		},
		"an unknown status": {
			func(d *fakeDaemon, m *cmdpb.ClientMessage) { d.refuse(m, 4711) },
			func(d *fakeDaemon) { d.success(d.expect("delete_vc")) }, "4711",
		},
	} {
		t.Run(name, func(t *testing.T) {
			d, c := startFake(t)
			called := later(func() (*client.VC, error) { return c.Call(t.Context(), "bob", nil) })
			d.handle(d.expect("create_vc"), 1)
			tc.answer(d, d.expect("make_call"))
			tc.cleanUp(d)
			if r := <-called; r.err == nil || !strings.Contains(r.err.Error(), tc.words) {
				t.Errorf("call: %v, %v", r.value, r.err)
			}
		})
	}
}

// A second answer to a request is none: its descriptors are closed, and nothing waits for it.
func TestAnsweredTwice(t *testing.T) {
	d, c := startFake(t)
	called := later(func() (*client.VC, error) { return c.Call(t.Context(), "bob", nil) })
	d.handle(d.expect("create_vc"), 1)
	m := d.expect("make_call")
	for range 4 {
		_, fds := d.rings()
		d.pending(m, fds...)
	}
	d.send(makeCallComplete(m.GetRequest(), cmdpb.Status_SUCCESS))
	r := <-called
	if r.err != nil {
		t.Fatal(r.err)
	}
	d.alive(c)
	closed := later(func() (int, error) { return 0, r.value.Close() })
	d.finishClose(true)
	<-closed
}

// Parameters without sense are not believed.
func TestSenselessParameters(t *testing.T) {
	d, c := startFake(t)
	called := later(func() (*client.VC, error) { return c.Call(t.Context(), "bob", nil) })
	d.handle(d.expect("create_vc"), 1)
	m := d.expect("make_call")
	_, fds := d.rings()
	d.pending(m, fds...)
	done := makeCallComplete(m.GetRequest(), cmdpb.Status_SUCCESS)
	done.GetMakeCallComplete().Parameters.Contract = &cmdpb.Contract{Forward: &cmdpb.Flow{MaxSdu: 1<<32 - 1}, Backward: &cmdpb.Flow{MaxSdu: 1 << 31}}
	d.send(done)
	r := <-called
	if r.err != nil {
		t.Fatal(r.err)
	}
	v := r.value
	if v.MaxSend() != 65535 || v.MaxReceive() != 65535 {
		t.Errorf("SDUs of %d and %d octets", v.MaxSend(), v.MaxReceive())
	}
	if _, err := v.Write(make([]byte, 65536)); !errors.Is(err, client.ErrTooLarge) {
		t.Errorf("write: %v", err)
	}
	closed := later(func() (int, error) { return 0, v.Close() })
	d.finishClose(true)
	<-closed
	// No parameters at all: nothing can be sent.
	l := d.listening(c)
	_, fds = d.rings()
	d.send(&cmdpb.ServerMessage{Body: &cmdpb.ServerMessage_IncomingCall{IncomingCall: &cmdpb.IncomingCall{Vc: 9, Sap: 7}}}, fds...)
	o, err := l.Accept(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	accepted := later(func() (*client.VC, error) {
		return o.AcceptWith(t.Context(), &cmdpb.Contract{Forward: flow()})
	})
	d.success(d.expect("incoming_call_complete"))
	d.send(callConnected(9))
	r = <-accepted
	if r.err != nil || r.value.MaxSend() != 0 || r.value.Channel() != nil {
		t.Fatalf("accepted with %v", r.err)
	}
	if _, err := r.value.Write([]byte("x")); !errors.Is(err, client.ErrTooLarge) {
		t.Errorf("write: %v", err)
	}
	closed = later(func() (int, error) { return 0, r.value.Close() })
	d.finishClose(false)
	<-closed
}

// A ring too small for what the contract says, or broken by the daemon, is an error of the VC alone.
func TestBrokenRing(t *testing.T) {
	d, c := startFake(t)
	called := later(func() (*client.VC, error) { return c.Call(t.Context(), "bob", nil) })
	d.handle(d.expect("create_vc"), 1)
	m := d.expect("make_call")
	ep, fds, err := ring.Create(ring.Params{ToDaemon: ring.MinSize, ToClient: ring.MinSize})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = ep.Close(), fds.Close() })
	d.pending(m, fds.Memory, fds.Doorbell)
	d.send(makeCallComplete(m.GetRequest(), cmdpb.Status_SUCCESS))
	v := (<-called).value
	if _, err := v.Write(make([]byte, 500)); !errors.Is(err, client.ErrTooLarge) {
		t.Errorf("write: %v", err)
	}
	closed := later(func() (int, error) { return 0, v.Close() })
	d.finishClose(true)
	<-closed
}

// Offers that overtake the answer to RegisterSAP are not lost (INV-17). Those of others are refused when no
// answer is awaited any more.
func TestEarlyOffers(t *testing.T) {
	d, c := startFake(t)
	listened := later(func() (*client.Listener, error) { return c.Listen(t.Context(), client.SAP{}) })
	m := d.expect("register_sap")
	d.offer(7, 20)
	d.offer(8, 21)
	d.offer(7, 22)
	d.handle(m, 7)
	r := <-listened
	if r.err != nil {
		t.Fatal(r.err)
	}
	refused := d.expect("incoming_call_complete")
	if refused.GetIncomingCallComplete().GetVc() != 21 {
		t.Errorf("%v is refused", refused)
	}
	d.success(refused)
	d.giveBack(false)
	for range 2 {
		o, err := r.value.Accept(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		accepted := later(func() (*client.VC, error) { return o.Accept(t.Context()) })
		m := d.expect("incoming_call_complete")
		d.success(m)
		d.send(callConnected(m.GetIncomingCallComplete().GetVc()))
		v := <-accepted
		if v.err != nil || v.value.Handle() != m.GetIncomingCallComplete().GetVc() {
			t.Fatalf("accept: %v", v.err)
		}
		closed := later(func() (int, error) { return 0, v.value.Close() })
		d.finishClose(false)
		<-closed
	}
	// A refused registration refuses them, too.
	listened = later(func() (*client.Listener, error) { return c.Listen(t.Context(), client.SAP{}) })
	m = d.expect("register_sap")
	d.offer(9, 23)
	d.refuse(m, cmdpb.Status_SAP_IN_USE)
	if r := <-listened; !isStatus(r.err, cmdpb.Status_SAP_IN_USE) {
		t.Errorf("listen: %v", r.err)
	}
	d.success(d.expect("incoming_call_complete"))
	d.giveBack(false)
}

// Closing a listener refuses the offers that nobody has taken and those that still come.
func TestListenerClose(t *testing.T) {
	d, c := startFake(t)
	l := d.listening(c)
	d.offer(7, 20)
	d.offer(7, 21)
	d.alive(c) // the offers are in the queue
	closed := later(func() (int, error) { return 0, l.Close() })
	for _, vc := range []uint64{20, 21} {
		m := d.expect("incoming_call_complete")
		if m.GetIncomingCallComplete().GetVc() != vc {
			t.Errorf("refused %v, want %d", m, vc)
		}
		defer d.success(m)
	}
	m := d.expect("deregister_sap")
	d.offer(7, 22) // it has crossed
	late := d.expect("incoming_call_complete")
	if late.GetIncomingCallComplete().GetVc() != 22 {
		t.Errorf("refused %v", late)
	}
	d.success(late)
	d.giveBack(false)
	d.success(m)
	if r := <-closed; r.err != nil {
		t.Error(r.err)
	}
	if err := l.Close(); err != nil {
		t.Errorf("again: %v", err)
	}
	_, err := l.Accept(t.Context())
	if !errors.Is(err, client.ErrListenerClosed) || !errors.Is(err, net.ErrClosed) {
		t.Errorf("accept: %v", err)
	}
}

// An offer whose caller has given up is not handed out.
func TestOfferOver(t *testing.T) {
	d, c := startFake(t)
	l := d.listening(c)
	d.offer(7, 20)
	d.send(incomingClose(20))
	d.finishClose(false)
	d.offer(7, 21)
	o, err := l.Accept(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	rejected := later(func() (int, error) { return 0, o.Reject(t.Context(), client.Cause{}) })
	if m := d.expect("incoming_call_complete"); m.GetIncomingCallComplete().GetVc() != 21 {
		t.Errorf("handed out %v", m)
	} else {
		d.success(m)
	}
	d.giveBack(false)
	<-rejected
}

// A daemon that reads no more holds nobody beyond its context, and Close not at all.
func TestDaemonDoesNotRead(t *testing.T) {
	d, c := startFake(t)
	ctx, cancel := cancelled(t)
	asked := make(chan error, 1000)
	for range cap(asked) {
		go func() {
			_, err := c.VCs(ctx)
			asked <- err
		}()
	}
	d.expect("list")
	cancel()
	for range cap(asked) {
		if err := <-asked; !errors.Is(err, errEnough) {
			t.Fatalf("a list: %v", err)
		}
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}

// A daemon that refuses to read says why first.
func TestDaemonShutsDown(t *testing.T) {
	d, c := startFake(t)
	if err := d.sock.CloseRead(); err != nil {
		t.Fatal(err)
	}
	asked := later(func() (*cmdpb.DaemonStatus, error) { return c.Status(t.Context()) })
	d.send(goodbye("out of order"))
	if r := <-asked; !errors.Is(r.err, client.ErrDisconnected) || !strings.Contains(r.err.Error(), "out of order") {
		t.Errorf("status: %v", r.err)
	}
}

// What Dial meets.
func TestDialFailures(t *testing.T) {
	for name, tc := range map[string]struct {
		serve func(*fakeDaemon, *cmdpb.ClientMessage)
		check func(error) bool
	}{
		"version of the daemon": {func(d *fakeDaemon, m *cmdpb.ClientMessage) {
			d.reply(m, &cmdpb.Reply{Result: &cmdpb.Reply_OpenAf{OpenAf: &cmdpb.OpenAFResult{Major: 2}}})
		}, func(err error) bool { return strings.Contains(err.Error(), "version 2") }},
		"no result": {
			func(d *fakeDaemon, m *cmdpb.ClientMessage) { d.success(m) },
			func(err error) bool { return strings.Contains(err.Error(), "version 0") },
		},
		"refused": {
			func(d *fakeDaemon, m *cmdpb.ClientMessage) { d.refuse(m, cmdpb.Status_VERSION_MISMATCH) },
			func(err error) bool { return isStatus(err, cmdpb.Status_VERSION_MISMATCH) },
		},
		"sent away": {
			func(d *fakeDaemon, _ *cmdpb.ClientMessage) { d.send(goodbye("too many")) },
			func(err error) bool {
				return errors.Is(err, client.ErrDisconnected) && strings.Contains(err.Error(), "too many")
			},
		},
		"gone": {
			func(d *fakeDaemon, _ *cmdpb.ClientMessage) { _ = d.sock.Close() },
			func(err error) bool { return errors.Is(err, client.ErrDisconnected) && errors.Is(err, io.EOF) },
		},
	} {
		t.Run(name, func(t *testing.T) {
			checkLeaks(t)
			d, dialled := acceptFake(t.Context(), t)
			tc.serve(d, d.expect("open_af"))
			if r := <-dialled; r.err == nil || !tc.check(r.err) {
				t.Errorf("dial: %v", r.err)
			}
		})
	}
	checkLeaks(t)
	ctx, cancel := cancelled(t)
	d, dialled := acceptFake(ctx, t)
	d.expect("open_af")
	cancel()
	if r := <-dialled; !errors.Is(r.err, errEnough) {
		t.Errorf("given up: %v", r.err)
	}
	d.expectEnd()
	_, err := client.Dial(t.Context(), client.Options{Socket: t.TempDir() + "/none"})
	if !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), "is cmd-daemon running") {
		t.Errorf("no socket: %v", err)
	}
}

// The trace's function is called for what comes, and not when StopTrace has returned.
func TestTracer(t *testing.T) {
	d, c := startFake(t)
	event := func(n uint64) {
		d.send(&cmdpb.ServerMessage{Body: &cmdpb.ServerMessage_TraceEvent{TraceEvent: &cmdpb.TraceEvent{TimeNs: n}}})
	}
	var got []uint64
	note := func(e *cmdpb.TraceEvent) { got = append(got, e.GetTimeNs()) }
	trace := func(answer func(*cmdpb.ClientMessage), do func(context.Context) error) error {
		done := later(func() (int, error) { return 0, do(t.Context()) })
		answer(d.expect("trace"))
		return (<-done).err
	}
	event(1)
	if err := trace(d.success, func(ctx context.Context) error { return c.Trace(ctx, "lab", note) }); err != nil {
		t.Fatal(err)
	}
	event(2)
	refused := func(m *cmdpb.ClientMessage) { d.refuse(m, cmdpb.Status_INVALID_DATA) }
	if err := trace(refused, func(ctx context.Context) error { return c.Trace(ctx, "none", nil) }); err == nil {
		t.Error("a refused trace is none")
	}
	event(3) // the earlier one goes on
	if err := trace(d.success, c.StopTrace); err != nil {
		t.Fatal(err)
	}
	event(4)
	d.alive(c)
	if len(got) != 2 || got[0] != 2 || got[1] != 3 {
		t.Errorf("traced %v", got)
	}
}

// The sink of a capture is called for what comes, and not when StopCapture has returned. Both functions
// may be left out.
func TestCapturer(t *testing.T) {
	d, c := startFake(t)
	send := func(n uint64) {
		d.send(&cmdpb.ServerMessage{Body: &cmdpb.ServerMessage_CapturePackets{CapturePackets: &cmdpb.CapturePackets{
			Packets: []*cmdpb.CapturedPacket{{TimeNs: n}},
		}}})
		d.send(&cmdpb.ServerMessage{Body: &cmdpb.ServerMessage_CaptureState{CaptureState: &cmdpb.CaptureState{
			Links: []*cmdpb.CaptureLink{{Dropped: n}},
		}}})
	}
	var got []uint64
	sink := client.CaptureSink{
		Packets: func(p []*cmdpb.CapturedPacket) { got = append(got, p[0].GetTimeNs()) },
		State:   func(s *cmdpb.CaptureState) { got = append(got, 10*s.GetLinks()[0].GetDropped()) },
	}
	capture := func(answer func(*cmdpb.ClientMessage), do func(context.Context) error) *cmdpb.Capture {
		done := later(func() (int, error) { return 0, do(t.Context()) })
		m := d.expect("capture")
		answer(m)
		if err := (<-done).err; (err != nil) != (answer == nil) {
			t.Errorf("%v: %v", m, err)
		}
		return m.GetCapture()
	}
	send(1)
	op := &cmdpb.Capture{
		Links: []string{"lab"}, Channels: []*cmdpb.CaptureChannel{{Vpi: 1, Vci: 32}}, NoControl: true, NoData: true, Snaplen: 7,
	}
	asked := capture(d.success, func(ctx context.Context) error { return c.Capture(ctx, op, sink) })
	op.On = true
	if !proto.Equal(asked, op) {
		t.Errorf("asked for %v", asked)
	}
	send(2)
	if stop := capture(d.success, c.StopCapture); stop.GetOn() {
		t.Errorf("stopped by %v", stop)
	}
	send(3)
	capture(d.success, func(ctx context.Context) error { return c.Capture(ctx, op, client.CaptureSink{}) })
	send(4)
	done := later(func() (int, error) { return 0, c.Capture(t.Context(), nil, sink) })
	d.refuse(d.expect("capture"), cmdpb.Status_RESOURCES)
	if err := (<-done).err; err == nil {
		t.Error("a refused capture is none")
	}
	send(5)
	d.alive(c)
	if !slices.Equal(got, []uint64{2, 20}) {
		t.Errorf("captured %v", got)
	}
}

// A message of the largest size is taken.
func TestLargestMessage(t *testing.T) {
	d, c := startFake(t)
	asked := later(func() (*cmdpb.DaemonStatus, error) { return c.Status(t.Context()) })
	m := d.expect("get_status")
	r := &cmdpb.Reply{Request: m.GetRequest(), Result: &cmdpb.Reply_DaemonStatus{DaemonStatus: &cmdpb.DaemonStatus{Version: ""}}}
	s := &cmdpb.ServerMessage{Body: &cmdpb.ServerMessage_Reply{Reply: r}}
	for proto.Size(s) < 64<<10 {
		r.GetDaemonStatus().Version += strings.Repeat("v", max(1, (64<<10-proto.Size(s))/2))
	}
	if proto.Size(s) != 64<<10 {
		t.Fatalf("the test's message has %d octets", proto.Size(s))
	}
	d.send(s)
	if got := <-asked; got.err != nil || len(got.value.GetVersion()) < 60000 {
		t.Errorf("status: %v", got.err)
	}
}

// While the daemon has more connections waiting than its queue holds, Dial waits as long as its context.
func TestDialFullQueue(t *testing.T) {
	checkLeaks(t)
	path := t.TempDir() + "/cmd.sock"
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	if err == nil {
		err = errors.Join(unix.Bind(fd, &unix.SockaddrUnix{Name: path}), unix.Listen(fd, 0))
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Close(fd) })
	waiting := 0
	for ; ; waiting++ { // until the queue is full
		c, err := net.Dial("unixpacket", path)
		if errors.Is(err, unix.EAGAIN) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
	}
	ctx, cancel := cancelled(t)
	dialled := later(func() (*client.Conn, error) { return client.Dial(ctx, client.Options{Socket: path}) })
	cancel()
	if r := <-dialled; !errors.Is(r.err, errEnough) {
		t.Errorf("given up: %v", r.err)
	}
	dialled = later(func() (*client.Conn, error) { return client.Dial(t.Context(), client.Options{Socket: path}) })
	for range waiting + 1 { // ours is the last
		served, _, err := unix.Accept4(fd, unix.SOCK_CLOEXEC)
		for errors.Is(err, unix.EINTR) {
			served, _, err = unix.Accept4(fd, unix.SOCK_CLOEXEC)
		}
		if err != nil {
			t.Fatal(err)
		}
		_ = unix.Close(served)
	}
	if r := <-dialled; !errors.Is(r.err, client.ErrDisconnected) {
		t.Errorf("served and sent away: %v", r.err)
	}
}

// The end of file comes with the reason: it waits for the message behind it.
func TestReasonWithEnd(t *testing.T) {
	d, c := startFake(t)
	v, ep := d.calling(c)
	read := later(func() (error, error) {
		_, err := v.Read(make([]byte, 1000))
		return v.Err(), err
	})
	if !ep.Enter() {
		t.Fatal("the rings are closed")
	}
	ep.Tx.Close()
	ep.Leave()
	d.alive(c)
	d.send(incomingClose(1))
	r := <-read
	if end, ok := errors.AsType[*client.Error](r.value); !errors.Is(r.err, io.EOF) || !ok || !end.Cause.Normal() {
		t.Errorf("read: %v, and the reason %v", r.err, r.value)
	}
	d.finishCloseOnly()
	closed := later(func() (int, error) { return 0, v.Close() })
	d.giveBack(true)
	<-closed
	// A daemon that says nothing does not hold the reader for long, nor does a context.
	v, ep = d.calling(c)
	if ep.Enter() {
		ep.Tx.Close()
		ep.Leave()
	}
	ctx, cancel := cancelled(t)
	cancel()
	if _, err := v.Recv(ctx, make([]byte, 1000)); !errors.Is(err, io.EOF) {
		t.Errorf("receive: %v", err)
	}
	closed = later(func() (int, error) { return 0, v.Close() })
	d.finishClose(true)
	<-closed
}

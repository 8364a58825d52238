package client_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
	"google.golang.org/protobuf/proto"

	"callmanager/api/cmdpb"
	"callmanager/client"
	"callmanager/datapath/ring"
)

// patience bounds what must come; nothing takes so long.
const patience = 20 * time.Second

// eventually waits until check returns nil.
func eventually(t *testing.T, what string, check func() error) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	var err error
	for end := time.Now().Add(patience); time.Now().Before(end); <-tick.C {
		if err = check(); err == nil {
			return
		}
	}
	t.Fatalf("%s: %v", what, err)
}

// checkLeaks compares goroutines, descriptors and mapped rings at the end of the test with those of
// now.
func checkLeaks(t *testing.T) {
	t.Helper()
	goroutines, files, maps := runtime.NumGoroutine(), openFiles(t), mappedRings(t)
	t.Cleanup(func() {
		if t.Failed() {
			return
		}
		eventually(t, "nothing is left", func() error {
			if g := runtime.NumGoroutine(); g > goroutines {
				buf := make([]byte, 1<<16)
				return fmt.Errorf("%d goroutines, %d at first\n%s", g, goroutines, buf[:runtime.Stack(buf, true)])
			}
			if f := openFiles(t); len(f) > len(files) {
				return fmt.Errorf("descriptors %v, at first %v", f, files)
			}
			if n := mappedRings(t); n > maps {
				return fmt.Errorf("%d rings are mapped, %d at first", n, maps)
			}
			return nil
		})
	})
}

// openFiles returns what the descriptors of this process are, without those of the runtime.
func openFiles(t *testing.T) (files []string) {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		to, err := os.Readlink("/proc/self/fd/" + e.Name())
		if err == nil && !strings.HasPrefix(to, "anon_inode:[event") && !strings.HasPrefix(to, "/proc/") {
			files = append(files, e.Name()+" "+to)
		}
	}
	return files
}

// mappedRings counts the rings in this process's memory.
func mappedRings(t *testing.T) int {
	t.Helper()
	b, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		t.Fatal(err)
	}
	return strings.Count(string(b), "memfd:cmd-ring")
}

// fakeDaemon is the daemon's end of one connection, driven by a test step by step.
type fakeDaemon struct {
	t     *testing.T
	sock  *net.UnixConn
	batch []*cmdpb.ClientMessage // what has come in a batch and was not looked at
}

// acceptFake listens and starts to dial; it returns the daemon's end before the dial's answer.
func acceptFake(ctx context.Context, t *testing.T) (d *fakeDaemon, dialled <-chan dialResult) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "cmd.sock")
	ln, err := net.ListenUnix("unixpacket", &net.UnixAddr{Name: path, Net: "unixpacket"})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	result := make(chan dialResult, 1)
	go func() {
		c, err := client.Dial(ctx, client.Options{Socket: path, Name: "tested\xff"})
		result <- dialResult{c, err}
	}()
	sock, err := ln.AcceptUnix()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sock.Close() })
	return &fakeDaemon{t: t, sock: sock}, result
}

// dialResult is what Dial returned.
type dialResult struct {
	conn *client.Conn
	err  error
}

// startFake connects a client to a fake daemon of protocol 1.0.
func startFake(t *testing.T) (*fakeDaemon, *client.Conn) {
	t.Helper()
	return startFakeOf(t, 0)
}

// startFakeOf connects a client to a fake daemon of a minor version.
func startFakeOf(t *testing.T, minor uint32) (*fakeDaemon, *client.Conn) {
	t.Helper()
	checkLeaks(t)
	d, dialled := acceptFake(t.Context(), t)
	m := d.expect("open_af")
	if m.GetOpenAf().GetName() != "tested?" {
		t.Errorf("the client's name is %q", m.GetOpenAf().GetName())
	}
	d.reply(m, &cmdpb.Reply{Result: &cmdpb.Reply_OpenAf{OpenAf: &cmdpb.OpenAFResult{Major: 1, Minor: minor}}})
	r := <-dialled
	if r.err != nil {
		t.Fatal(r.err)
	}
	t.Cleanup(func() {
		_ = d.sock.Close()
		_ = r.conn.Close()
	})
	return d, r.conn
}

// next receives the next request, alone or in a batch.
func (d *fakeDaemon) next() *cmdpb.ClientMessage {
	d.t.Helper()
	if len(d.batch) > 0 {
		m := d.batch[0]
		d.batch = d.batch[1:]
		return m
	}
	buf := make([]byte, 1<<17)
	_ = d.sock.SetReadDeadline(time.Now().Add(patience))
	n, err := d.sock.Read(buf)
	if err != nil {
		d.t.Fatal(err)
	}
	m := new(cmdpb.ClientMessage)
	if err := proto.Unmarshal(buf[:n], m); err != nil {
		d.t.Fatal(err)
	}
	if d.batch = m.GetBatch().GetMessages(); len(d.batch) > 0 {
		return d.next()
	}
	if m.GetRequest() == 0 {
		d.t.Fatalf("%v has no number", m)
	}
	return m
}

// opOf names the operation of a request as the schema does.
func opOf(m *cmdpb.ClientMessage) string {
	r := m.ProtoReflect()
	if f := r.WhichOneof(r.Descriptor().Oneofs().Get(0)); f != nil {
		return string(f.Name())
	}
	return ""
}

// expect receives the next request, which must be the operation of that name.
func (d *fakeDaemon) expect(op string) *cmdpb.ClientMessage {
	d.t.Helper()
	m := d.next()
	if opOf(m) != op {
		d.t.Fatalf("got %v, want %s", m, op)
	}
	return m
}

// expectEnd waits until the client has gone.
func (d *fakeDaemon) expectEnd() {
	d.t.Helper()
	_ = d.sock.SetReadDeadline(time.Now().Add(patience))
	if n, err := d.sock.Read(make([]byte, 1<<17)); err == nil {
		d.t.Fatalf("a request of %d octets, want the end", n)
	}
}

// sendRaw sends octets with descriptors, which stay the test's.
func (d *fakeDaemon) sendRaw(b []byte, fds ...int) {
	d.t.Helper()
	var oob []byte
	if len(fds) > 0 {
		oob = unix.UnixRights(fds...)
	}
	if _, _, err := d.sock.WriteMsgUnix(b, oob, nil); err != nil {
		d.t.Fatal(err)
	}
}

func (d *fakeDaemon) send(m *cmdpb.ServerMessage, fds ...int) {
	d.t.Helper()
	b, err := proto.Marshal(m)
	if err != nil {
		d.t.Fatal(err)
	}
	d.sendRaw(b, fds...)
}

// reply answers a request.
func (d *fakeDaemon) reply(to *cmdpb.ClientMessage, r *cmdpb.Reply, fds ...int) {
	d.t.Helper()
	r.Request = to.GetRequest()
	d.send(&cmdpb.ServerMessage{Body: &cmdpb.ServerMessage_Reply{Reply: r}}, fds...)
}

func (d *fakeDaemon) success(to *cmdpb.ClientMessage) { d.reply(to, &cmdpb.Reply{}) }

func (d *fakeDaemon) handle(to *cmdpb.ClientMessage, h uint64) {
	d.reply(to, &cmdpb.Reply{Result: &cmdpb.Reply_Handle{Handle: &cmdpb.HandleResult{Handle: h}}})
}

func (d *fakeDaemon) refuse(to *cmdpb.ClientMessage, s cmdpb.Status) {
	d.reply(to, &cmdpb.Reply{Status: s, Detail: "refused by the test"})
}

func (d *fakeDaemon) pending(to *cmdpb.ClientMessage, fds ...int) {
	d.reply(to, &cmdpb.Reply{Status: cmdpb.Status_PENDING}, fds...)
}

// connect answers MakeCall with rings, and success.
func (d *fakeDaemon) connect(m *cmdpb.ClientMessage) {
	d.t.Helper()
	_, fds := d.rings()
	d.pending(m, fds...)
	d.send(makeCallComplete(m.GetRequest(), cmdpb.Status_SUCCESS))
}

// rings makes the rings of a VC and returns the daemon's end and the descriptors, which end with
// the test.
func (d *fakeDaemon) rings() (*ring.Endpoint, []int) {
	d.t.Helper()
	ep, fds, err := ring.Create(ring.Params{})
	if err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(func() { _, _ = ep.Close(), fds.Close() })
	return ep, []int{fds.Memory, fds.Doorbell}
}

// offer sends an offer with rings.
func (d *fakeDaemon) offer(sap, vc uint64) *ring.Endpoint {
	d.t.Helper()
	ep, fds := d.rings()
	d.send(offerOf(sap, vc), fds...)
	return ep
}

// flow is what VCs of the fake carry in each direction.
func flow() *cmdpb.Flow { return &cmdpb.Flow{Pcr: 1000, MaxSdu: 1000} }

func params() *cmdpb.CallParameters {
	return &cmdpb.CallParameters{
		Calling: "49", Contract: &cmdpb.Contract{Category: cmdpb.Category_CBR, Forward: flow(), Backward: flow()},
	}
}

func offerOf(sap, vc uint64) *cmdpb.ServerMessage {
	return &cmdpb.ServerMessage{Body: &cmdpb.ServerMessage_IncomingCall{IncomingCall: &cmdpb.IncomingCall{
		Sap: sap, Vc: vc, Parameters: params(), Link: "lab",
	}}}
}

func makeCallComplete(request uint64, s cmdpb.Status) *cmdpb.ServerMessage {
	return &cmdpb.ServerMessage{Body: &cmdpb.ServerMessage_MakeCallComplete{MakeCallComplete: &cmdpb.MakeCallComplete{
		Request: request, Vc: 1, Status: s, Parameters: params(),
	}}}
}

func closeCallComplete(request uint64) *cmdpb.ServerMessage {
	return &cmdpb.ServerMessage{Body: &cmdpb.ServerMessage_CloseCallComplete{CloseCallComplete: &cmdpb.CloseCallComplete{
		Request: request, Sent: 3, Dropped: 2,
	}}}
}

func callConnected(vc uint64) *cmdpb.ServerMessage {
	return &cmdpb.ServerMessage{Body: &cmdpb.ServerMessage_CallConnected{CallConnected: &cmdpb.CallConnected{Vc: vc}}}
}

func incomingClose(vc uint64) *cmdpb.ServerMessage {
	return &cmdpb.ServerMessage{Body: &cmdpb.ServerMessage_IncomingCloseCall{IncomingCloseCall: &cmdpb.IncomingCloseCall{
		Vc: vc, Cause: &cmdpb.Cause{Value: 16, Text: "normal call clearing"},
	}}}
}

func deleted(vc uint64) *cmdpb.ServerMessage {
	return &cmdpb.ServerMessage{Body: &cmdpb.ServerMessage_DeleteVcIndication{DeleteVcIndication: &cmdpb.DeleteVCIndication{Vc: vc}}}
}

func goodbye(reason string) *cmdpb.ServerMessage {
	return &cmdpb.ServerMessage{Body: &cmdpb.ServerMessage_Goodbye{Goodbye: &cmdpb.Goodbye{Reason: reason}}}
}

// finishClose serves a CloseCall and what follows it.
func (d *fakeDaemon) finishClose(deletes bool) {
	d.t.Helper()
	m := d.expect("close_call")
	d.pending(m)
	d.send(closeCallComplete(m.GetRequest()))
	d.giveBack(deletes)
}

// giveBack serves RingDone and, for a VC of the library's own, DeleteVC.
func (d *fakeDaemon) giveBack(deletes bool) {
	d.t.Helper()
	d.success(d.expect("ring_done"))
	if deletes {
		d.success(d.expect("delete_vc"))
	}
}

// alive checks that the connection answers.
func (d *fakeDaemon) alive(c *client.Conn) {
	d.t.Helper()
	asked := make(chan error, 1)
	go func() {
		_, err := c.Status(d.t.Context())
		asked <- err
	}()
	d.success(d.expect("get_status"))
	if err := <-asked; err != nil {
		d.t.Fatal(err)
	}
}

// later runs f and returns where its result comes.
func later[T any](f func() (T, error)) <-chan result[T] {
	ch := make(chan result[T], 1)
	go func() {
		v, err := f()
		ch <- result[T]{v, err}
	}()
	return ch
}

type result[T any] struct {
	value T
	err   error
}

// calling makes a call on a fake daemon and returns the VC and the daemon's end of its rings.
func (d *fakeDaemon) calling(c *client.Conn) (*client.VC, *ring.Endpoint) {
	d.t.Helper()
	called := later(func() (*client.VC, error) { return c.Call(d.t.Context(), "bob", nil) })
	d.handle(d.expect("create_vc"), 1)
	m := d.expect("make_call")
	ep, fds := d.rings()
	d.pending(m, fds...)
	d.send(makeCallComplete(m.GetRequest(), cmdpb.Status_SUCCESS))
	r := <-called
	if r.err != nil {
		d.t.Fatal(r.err)
	}
	return r.value, ep
}

// listening registers a SAP with handle 7.
func (d *fakeDaemon) listening(c *client.Conn) *client.Listener {
	d.t.Helper()
	l := later(func() (*client.Listener, error) { return c.Listen(d.t.Context(), client.SAP{}) })
	d.handle(d.expect("register_sap"), 7)
	r := <-l
	if r.err != nil {
		d.t.Fatal(r.err)
	}
	return r.value
}

// isStatus reports whether an error is that of a status.
func isStatus(err error, s cmdpb.Status) bool { return errors.Is(err, &client.Error{Status: s}) }

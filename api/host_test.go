package api_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
	"google.golang.org/protobuf/proto"

	"callmanager/api"
	"callmanager/api/cmdpb"
	"callmanager/signalling/cm"
	"callmanager/signalling/sim"
	"callmanager/vc"
)

// patience bounds what must come; nothing takes so long.
const patience = 20 * time.Second

// host is a call manager on the planes and wires of package sim, with the server under
// test. Its peer is a call manager without a server.
type host struct {
	*sim.Host
	peer   *sim.Host
	server *api.Server
	path   string
}

// startHost makes a host that ends with the test. Nothing of it may be left then: no
// goroutine, no descriptor. The tests' user is one of its administrators.
func startHost(t *testing.T) *host {
	t.Helper()
	return startHostWith(t, api.Config{}, uint32(os.Getegid()))
}

// startHostWith makes a host whose administrators are the group of that number, unless it is 0.
func startHostWith(t *testing.T, cfg api.Config, admins uint32) *host {
	t.Helper()
	checkLeaks(t)
	wire := sim.NewWire(0, 0, 1)
	a, b := vc.MAC{2, 0, 0, 0, 0, 1}, vc.MAC{2, 0, 0, 0, 0, 2}
	h := &host{path: filepath.Join(t.TempDir(), "cmd.sock")}
	var err error
	if h.Host, err = sim.NewHost("a", a, b, wire.A(), sim.Options{}); err != nil {
		t.Fatal(err)
	}
	if h.peer, err = sim.NewHost("b", b, a, wire.B(), sim.Options{}); err != nil {
		t.Fatal(err)
	}
	cfg.Manager = h.Manager
	if h.server, err = api.Listen(h.path, cfg); err != nil {
		t.Fatal(err)
	}
	if admins != 0 {
		h.server.SetAdmins(admins)
	}
	served := make(chan error, 1)
	go func() { served <- h.server.Serve() }()
	h.Start()
	h.peer.Start()
	t.Cleanup(func() {
		if err := h.server.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
		if err := <-served; err != nil {
			t.Errorf("serve: %v", err)
		}
		_ = h.Close()
		_ = h.peer.Close()
	})
	h.awaitUp(t)
	return h
}

// awaitUp waits until both ends of the link take calls.
func (h *host) awaitUp(t *testing.T) {
	t.Helper()
	for _, m := range []*sim.Host{h.Host, h.peer} {
		eventually(t, "the link is up", func() error {
			rows, _, err := m.Links(t.Context(), "", 0)
			if err == nil && rows[0].State != "up" {
				err = fmt.Errorf("it is %s", rows[0].State)
			}
			return err
		})
	}
}

// counter returns one of the server's counters.
func (h *host) counter(name string) uint64 {
	for _, c := range h.server.Counters() {
		if c.Name == name {
			return c.Value
		}
	}
	return 1 << 63
}

// wantCounter waits until a counter has a value.
func (h *host) wantCounter(t *testing.T, name string, want uint64) {
	t.Helper()
	eventually(t, fmt.Sprintf("%s is %d", name, want), func() error {
		if got := h.counter(name); got != want {
			return fmt.Errorf("it is %d", got)
		}
		return nil
	})
}

// wantClients waits until the server and its manager have so many clients.
func (h *host) wantClients(t *testing.T, want int) {
	t.Helper()
	eventually(t, fmt.Sprintf("%d clients", want), func() error {
		s, err := h.Status(t.Context())
		if err == nil && (s.Clients != want || h.server.Clients() != want) {
			err = fmt.Errorf("the manager has %d, the server %d", s.Clients, h.server.Clients())
		}
		return err
	})
}

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

// checkLeaks compares goroutines and descriptors at the end of the test with those of now.
func checkLeaks(t *testing.T) {
	t.Helper()
	goroutines, files := runtime.NumGoroutine(), openFiles(t)
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
			return nil
		})
	})
}

// openFiles returns what the descriptors of this process are, without those of the runtime, which
// come when it pleases.
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

// rawClient speaks the protocol over a socket of its own, without the client library.
type rawClient struct {
	t    *testing.T
	fd   int
	last uint64
	// split makes receive return the messages of a batch one by one; parts are those that wait.
	split bool
	quiet bool // indications of status are passed over
	parts []*cmdpb.ServerMessage
}

// connect connects to the host. The connection ends with the test.
func (h *host) connect(t *testing.T) *rawClient {
	t.Helper()
	c := h.socket(t)
	if err := unix.Connect(c.fd, &unix.SockaddrUnix{Name: h.path}); err != nil {
		t.Fatal(err)
	}
	return c
}

// socket makes the socket of a client. It is closed with the test.
func (h *host) socket(t *testing.T) *rawClient {
	t.Helper()
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	c := &rawClient{t: t, fd: fd}
	t.Cleanup(c.close)
	limit := unix.NsecToTimeval(int64(patience))
	if err := unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &limit); err != nil {
		t.Fatal(err)
	}
	return c
}

// open connects and opens the address family.
func (h *host) open(t *testing.T) *rawClient {
	t.Helper()
	c := h.connect(t)
	c.want(cmdpb.Status_SUCCESS, &cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_OpenAf{
		OpenAf: &cmdpb.OpenAF{Major: cm.MajorVersion, Name: "raw"},
	}})
	return c
}

func (c *rawClient) close() {
	if c.fd >= 0 {
		_ = unix.Close(c.fd)
		c.fd = -1
	}
}

// sendRaw sends a datagram.
func (c *rawClient) sendRaw(b []byte, fds ...int) {
	c.t.Helper()
	var oob []byte
	if len(fds) > 0 {
		oob = unix.UnixRights(fds...)
	}
	if err := sendmsg(c.fd, b, oob); err != nil {
		c.t.Fatalf("send: %v", err)
	}
}

// sendmsg sends a datagram, in spite of the signals of the runtime.
func sendmsg(fd int, b, oob []byte) error {
	for {
		if err := unix.Sendmsg(fd, b, oob, nil, unix.MSG_NOSIGNAL); !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}

// send numbers and sends a message.
func (c *rawClient) send(m *cmdpb.ClientMessage) uint64 {
	c.t.Helper()
	c.last++
	m.Request = c.last
	b, err := proto.Marshal(m)
	if err != nil {
		c.t.Fatal(err)
	}
	c.sendRaw(b)
	return c.last
}

// receive returns the next message and its descriptors; nil at the end of the connection. A quiet client passes
// over indications of status.
func (c *rawClient) receive() (*cmdpb.ServerMessage, []int) {
	c.t.Helper()
	for {
		m, fds := c.receiveAny()
		if !c.quiet || m.GetStatusIndication() == nil {
			return m, fds
		}
	}
}

func (c *rawClient) receiveAny() (*cmdpb.ServerMessage, []int) {
	c.t.Helper()
	if len(c.parts) > 0 {
		m := c.parts[0]
		c.parts = c.parts[1:]
		return m, nil
	}
	buf, oob := make([]byte, api.MaxMessage+1), make([]byte, unix.CmsgSpace(8*4))
	n, oobn, flags, _, err := unix.Recvmsg(c.fd, buf, oob, unix.MSG_CMSG_CLOEXEC)
	for errors.Is(err, unix.EINTR) {
		n, oobn, flags, _, err = unix.Recvmsg(c.fd, buf, oob, unix.MSG_CMSG_CLOEXEC)
	}
	if err != nil {
		c.t.Fatalf("receive: %v", err)
	}
	if n == 0 && oobn == 0 {
		return nil, nil
	}
	if flags&(unix.MSG_TRUNC|unix.MSG_CTRUNC) != 0 || n > api.MaxMessage {
		c.t.Fatalf("a message of %d octets, flags %#x", n, flags)
	}
	m := new(cmdpb.ServerMessage)
	if err := proto.Unmarshal(buf[:n], m); err != nil {
		c.t.Fatalf("receive: %v", err)
	}
	if parts := m.GetBatch().GetMessages(); c.split && len(parts) > 0 {
		m, c.parts = parts[0], parts[1:]
	}
	return m, rights(c.t, oob[:oobn])
}

// rights returns the descriptors of a control message. They are close-on-exec.
func rights(t *testing.T, oob []byte) (fds []int) {
	t.Helper()
	msgs, err := unix.ParseSocketControlMessage(oob)
	if err != nil {
		t.Fatal(err)
	}
	for i := range msgs {
		f, err := unix.ParseUnixRights(&msgs[i])
		if err != nil {
			t.Fatal(err)
		}
		fds = append(fds, f...)
	}
	return fds
}

// reply returns the next message, which must be a Reply without descriptors.
func (c *rawClient) reply() *cmdpb.Reply {
	c.t.Helper()
	m, fds := c.receive()
	if m.GetReply() == nil || len(fds) != 0 {
		c.t.Fatalf("got %v with %d descriptors, want a Reply", m, len(fds))
	}
	return m.GetReply()
}

// want sends a request and checks the status of its answer, which comes next.
func (c *rawClient) want(s cmdpb.Status, m *cmdpb.ClientMessage) *cmdpb.Reply {
	c.t.Helper()
	n := c.send(m)
	r := c.reply()
	if r.GetStatus() != s || r.GetRequest() != n {
		c.t.Fatalf("answer to %v: %v, want request %d with %v", m, r, n, s)
	}
	if s != cmdpb.Status_SUCCESS && s != cmdpb.Status_PENDING && r.GetDetail() == "" {
		c.t.Errorf("answer to %v: %v says nothing", m, r)
	}
	return r
}

// wantGoodbye reads to the end of the connection, which must be a goodbye with a reason.
func (c *rawClient) wantGoodbye(reason string) {
	c.t.Helper()
	var last *cmdpb.ServerMessage
	for {
		m, fds := c.receive()
		closeAll(fds)
		if m == nil {
			break
		}
		if last.GetGoodbye() != nil {
			c.t.Fatalf("%v after the goodbye", m)
		}
		last = m
	}
	if last.GetGoodbye() == nil || !strings.Contains(last.GetGoodbye().GetReason(), reason) {
		c.t.Fatalf("the connection ends with %v, want a goodbye that says %q", last, reason)
	}
}

// alive checks that the connection answers as before.
func (c *rawClient) alive() {
	c.t.Helper()
	c.want(cmdpb.Status_SUCCESS, getStatus())
}

func closeAll(fds []int) {
	for _, fd := range fds {
		_ = unix.Close(fd)
	}
}

func getStatus() *cmdpb.ClientMessage {
	return &cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_GetStatus{GetStatus: &cmdpb.GetStatus{}}}
}

func createVC() *cmdpb.ClientMessage {
	return &cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_CreateVc{CreateVc: &cmdpb.CreateVC{}}}
}

func listOf(kind cmdpb.ListKind, after string) *cmdpb.ClientMessage {
	return &cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_List{List: &cmdpb.List{Kind: kind, After: after}}}
}

func makeCall(vc uint64, dest string) *cmdpb.ClientMessage {
	return &cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_MakeCall{MakeCall: &cmdpb.MakeCall{
		Vc: vc, Parameters: &cmdpb.CallParameters{Called: dest},
	}}}
}

func traceOn(link string) *cmdpb.ClientMessage {
	return &cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_Trace{Trace: &cmdpb.Trace{On: true, Link: link}}}
}

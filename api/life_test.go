package api_test

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"
	"golang.org/x/sys/unix"
	"google.golang.org/protobuf/proto"

	"callmanager/api"
	"callmanager/api/cmdpb"
	"callmanager/signalling"
	"callmanager/signalling/cm"
	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/sim"
)

// A call over the socket from both sides of the model: the offer and the answer to MakeCall bring two
// descriptors each, everything else brings none.
func TestCallOverSocket(t *testing.T) {
	h := startHost(t)
	c := h.open(t)
	c.want(cmdpb.Status_SUCCESS, sapOf(&cmdpb.RegisterSAP{AnySelector: true}))
	caller := h.peer.NewClient("caller", func(c *sim.Client, ev cm.Event) {
		if r, ok := ev.(cm.Reply); ok && r.Handle != 0 {
			c.Go(cm.MakeCall{Request: c.Number(), VC: r.Handle, Called: "peer"})
		}
	})
	caller.Do(cm.CreateVC{Request: caller.Number()})
	m, fds := c.receive()
	offer := m.GetIncomingCall()
	if offer == nil || len(fds) != 2 || offer.GetChannel().GetVci() < 32 || offer.GetLink() != "a" || offer.GetParameters().GetCalling() == "" {
		t.Fatalf("got %v with %d descriptors", m, len(fds))
	}
	closeAll(fds)
	c.want(cmdpb.Status_INVALID_DATA, answerOf(&cmdpb.IncomingCallComplete{Vc: offer.GetVc(), Status: cmdpb.Status_PENDING}))
	c.want(cmdpb.Status_SUCCESS, answerOf(&cmdpb.IncomingCallComplete{Vc: offer.GetVc()}))
	if m, fds := c.receive(); m.GetCallConnected().GetVc() != offer.GetVc() || len(fds) != 0 {
		t.Fatalf("got %v with %d descriptors", m, len(fds))
	}
	c.want(cmdpb.Status_PENDING, &cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_CloseCall{
		CloseCall: &cmdpb.CloseCall{Vc: offer.GetVc(), LingerMs: proto.Uint32(0)},
	}})
	if m, _ := c.receive(); m.GetCloseCallComplete().GetVc() != offer.GetVc() || m.GetCloseCallComplete().GetStatus() != cmdpb.Status_SUCCESS {
		t.Fatalf("got %v", m)
	}
	if m, _ := c.receive(); m.GetDeleteVcIndication().GetVc() != offer.GetVc() {
		t.Fatalf("got %v", m)
	}
	c.want(cmdpb.Status_SUCCESS, &cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_RingDone{RingDone: &cmdpb.RingDone{Vc: offer.GetVc()}}})
	c.want(cmdpb.Status_PENDING, &cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_CloseAf{CloseAf: &cmdpb.CloseAF{}}})
	if m, _ := c.receive(); m.GetCloseAfComplete() == nil {
		t.Fatalf("got %v", m)
	}
	caller.Kill()
	if err := h.Plane.Err(); err != nil {
		t.Error(err)
	}
}

// The end of the daemon is a goodbye, once and last, whatever its clients are at.
func TestShutdown(t *testing.T) {
	h := startHost(t)
	var clients []*rawClient
	for range 20 {
		clients = append(clients, h.open(t))
	}
	clients[0].want(cmdpb.Status_SUCCESS, traceOn(""))
	if err := h.Shutdown(t.Context(), ie.Cause{Value: ie.CauseDestinationOutOfOrder}); err != nil {
		t.Error(err)
	}
	if err := h.server.Close(); err != nil {
		t.Error(err)
	}
	for _, c := range clients {
		c.wantGoodbye("the daemon is stopping")
	}
	if n := h.server.Clients(); n != 0 {
		t.Errorf("%d clients are left", n)
	}
}

// Closing while clients come, ask, misbehave and go leaves nothing (startHost looks).
func TestCloseInFullUse(t *testing.T) {
	h := startHost(t)
	var busy sync.WaitGroup
	for i := range 16 {
		busy.Go(func() {
			for j := range 50 {
				if !useOnce(h.path, i+j) {
					return
				}
			}
		})
	}
	eventually(t, "clients have come", func() error {
		if n := h.counter("api_accepted"); n < 30 {
			return fmt.Errorf("%d", n)
		}
		return nil
	})
	if err := h.server.Close(); err != nil {
		t.Error(err)
	}
	busy.Wait()
	if s, err := h.Status(t.Context()); err != nil || s.Clients != 0 {
		t.Errorf("%d clients, %v", s.Clients, err)
	}
}

// useOnce connects, sends something and goes, with or without reading. It returns false when nobody
// listens.
func useOnce(path string, how int) bool {
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return false
	}
	defer func() { _ = unix.Close(fd) }()
	if unix.Connect(fd, &unix.SockaddrUnix{Name: path}) != nil {
		return false
	}
	for n, m := range []*cmdpb.ClientMessage{
		{Op: &cmdpb.ClientMessage_OpenAf{OpenAf: &cmdpb.OpenAF{Major: cm.MajorVersion}}}, traceOn(""), createVC(), getStatus(),
	} {
		m.Request = uint64(n + 1)
		b, err := proto.Marshal(m)
		if err != nil || sendmsg(fd, b, nil) != nil {
			return true
		}
	}
	if how%3 == 0 {
		_ = sendmsg(fd, make([]byte, api.MaxMessage+1), nil)
	}
	if how%2 == 0 {
		buf := make([]byte, api.MaxMessage)
		_, _, _, _, _ = unix.Recvmsg(fd, buf, nil, 0)
	}
	return true
}

// A client beyond the limit is told, and one that goes makes room. Administrators are let in.
func TestMaxClients(t *testing.T) {
	h := startHostWith(t, api.Config{MaxClients: 1}, 0)
	h.open(t)
	if os.Geteuid() != 0 {
		h.connect(t).wantGoodbye("the daemon has its 1 clients (clients below [limits]")
		return
	}
	h.open(t).alive()
	prepareForOthers(t, h)
	if out, err := asUser(h); err != nil || !strings.Contains(out, "the daemon has its 1 clients (clients below [limits]") {
		t.Errorf("another user is told %q, %v", out, err)
	}
	h.wantCounter(t, "api_refused", 1)
	h.wantCounter(t, "limited_clients", 1)
}

// TestRefusalDoesNotWait: the end of a refused client may take as long as it likes, by a lingering socket that
// it has sent. Nobody else waits for that.
func TestRefusalDoesNotWait(t *testing.T) {
	h := startHost(t)
	ours, theirs := seqpacketPair(t)
	peer, lingering := lingeringSocket(t)
	if err := sendmsg(theirs, []byte("stay"), unix.UnixRights(lingering)); err != nil {
		t.Fatal(err)
	}
	_ = unix.Close(lingering) // the last reference but the one on its way
	refused := make(chan error, 1)
	go func() { refused <- h.server.Refuse(ours) }()
	select {
	case err := <-refused:
		if n := h.server.Refusals(); err != nil || n != 1 {
			t.Errorf("%d refusals are under way, want 1; %v", n, err)
		}
	case <-time.After(patience):
		t.Error("the refusal waits for the client")
	}
	h.open(t).alive()
	_ = peer.Close() // with octets unread: a reset, which ends the linger
	c := &rawClient{t: t, fd: theirs}
	c.wantGoodbye("no room")
	c.close()
}

// seqpacketPair returns a connection as the daemon has it and the client's end of it.
func seqpacketPair(t *testing.T) (ours *net.UnixConn, theirs int) {
	t.Helper()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	f := os.NewFile(uintptr(fds[0]), "daemon")
	defer func() { _ = f.Close() }()
	conn, err := net.FileConn(f)
	if err != nil {
		t.Fatal(err)
	}
	return conn.(*net.UnixConn), fds[1]
}

// lingeringSocket returns a socket whose last close takes an hour, or until its peer closes.
func lingeringSocket(t *testing.T) (peer net.Conn, fd int) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	fd, err = unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	at := &unix.SockaddrInet4{Port: ln.Addr().(*net.TCPAddr).Port, Addr: [4]byte{127, 0, 0, 1}}
	if err := unix.Connect(fd, at); err != nil {
		t.Fatal(err)
	}
	if peer, err = ln.Accept(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = peer.Close() })
	if err := unix.SetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1, Linger: 3600}); err != nil {
		t.Fatal(err)
	}
	for junk := make([]byte, 1<<16); err == nil; { // until nothing fits any more
		_, err = unix.SendmsgN(fd, junk, nil, nil, unix.MSG_DONTWAIT)
	}
	return peer, fd
}

// roleEnv makes this program a client at the socket that the variable names.
const roleEnv = "API_TEST_SOCKET"

func TestMain(m *testing.M) {
	if path := os.Getenv(roleEnv); path != "" {
		playClient(path)
		return
	}
	os.Exit(m.Run())
}

// playClient asks for what is an administrator's, and prints the answers.
func playClient(path string) {
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	if err == nil {
		err = unix.Connect(fd, &unix.SockaddrUnix{Name: path})
	}
	if err != nil {
		fmt.Println(err)
		return
	}
	for n, m := range []*cmdpb.ClientMessage{
		{Op: &cmdpb.ClientMessage_OpenAf{OpenAf: &cmdpb.OpenAF{Major: cm.MajorVersion, Name: "other"}}},
		{Op: &cmdpb.ClientMessage_AdminClose{AdminClose: &cmdpb.AdminClose{Vc: 1}}},
		{Op: &cmdpb.ClientMessage_AdminModify{AdminModify: &cmdpb.AdminModify{Vc: 1}}},
		restartOf("none", -1, -1),
		traceOn(""),
	} {
		m.Request = uint64(n + 1)
		b, _ := proto.Marshal(m)
		_ = sendmsg(fd, b, nil)
		buf := make([]byte, api.MaxMessage)
		k, _, _, _, err := unix.Recvmsg(fd, buf, nil, 0)
		answer := new(cmdpb.ServerMessage)
		if err != nil || proto.Unmarshal(buf[:k], answer) != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%v %s%s\n", answer.GetReply().GetStatus(), answer.GetReply().GetDetail(), answer.GetGoodbye().GetReason())
	}
}

// prepareForOthers lets other users reach the socket of a host.
func prepareForOthers(t *testing.T, h *host) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root (CAP_SETUID, CAP_SETGID, CAP_CHOWN) to be another user")
	}
	if err := os.Chmod(h.path, 0o666); err != nil {
		t.Fatal(err)
	}
	for dir := filepath.Dir(h.path); dir != os.TempDir() && dir != "/"; dir = filepath.Dir(dir) {
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
}

// asUser runs a client as user and group 65534 with further groups, and returns what it prints.
func asUser(h *host, groups ...uint32) (string, error) {
	// The test binary may lie where others cannot look: it is started from its descriptor.
	self, err := os.Open("/proc/self/exe")
	if err != nil {
		return "", err
	}
	defer func() { _ = self.Close() }()
	cmd := exec.Command("/proc/self/fd/3")
	cmd.Dir = "/"
	cmd.ExtraFiles = []*os.File{self}
	cmd.Env = append(os.Environ(), roleEnv+"="+h.path)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534, Groups: groups}}
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// Who may act on what is others' is what the kernel says of the peer: its user and all its groups.
func TestCredentials(t *testing.T) {
	const admins = 4242
	many := make([]uint32, 200) // more than are asked for at first
	for i := range many {
		many[i] = uint32(10000 + i)
	}
	h, primary := startHostWith(t, api.Config{}, admins), startHostWith(t, api.Config{}, 65534)
	var running sync.WaitGroup
	for name, tc := range map[string]struct {
		host   *host
		groups []uint32
		admin  bool
	}{
		"other groups":         {h, []uint32{1, 2, 3}, false},
		"the group":            {h, []uint32{1, admins}, true},
		"many groups":          {h, many, false},
		"the group among many": {h, append(slices.Clip(many), admins), true},
		"the primary group":    {primary, nil, true},
	} {
		prepareForOthers(t, tc.host)
		running.Go(func() {
			out, err := asUser(tc.host, tc.groups...)
			refused := strings.Count(out, "NOT_PERMITTED")
			if err != nil || strings.HasSuffix(out, "SUCCESS \n") != tc.admin || refused != map[bool]int{true: 0, false: 4}[tc.admin] {
				t.Errorf("%s: %q, %v", name, out, err)
			}
		})
	}
	running.Wait()
}

// The lists tell who a client is.
func TestRowsTellTheOwner(t *testing.T) {
	h := startHost(t)
	c := h.open(t)
	c.want(cmdpb.Status_SUCCESS, createVC())
	c.want(cmdpb.Status_SUCCESS, sapOf(&cmdpb.RegisterSAP{AnySelector: true}))
	v := c.want(cmdpb.Status_SUCCESS, listOf(cmdpb.ListKind_VCS, "")).GetList().GetVcs()[0]
	s := c.want(cmdpb.Status_SUCCESS, listOf(cmdpb.ListKind_SAPS, "")).GetList().GetSaps()[0]
	if v.GetOwner() != "raw" || int(v.GetPid()) != os.Getpid() || int(v.GetUid()) != os.Geteuid() {
		t.Errorf("VC of %q, process %d, user %d", v.GetOwner(), v.GetPid(), v.GetUid())
	}
	if s.GetOwner() != "raw" || int(s.GetPid()) != os.Getpid() {
		t.Errorf("SAP of %q, process %d", s.GetOwner(), s.GetPid())
	}
}

// What clients do wrong is logged, but not as often as they do it.
func TestLog(t *testing.T) {
	core, lines := observer.New(zap.DebugLevel)
	h := startHostWith(t, api.Config{Log: zap.New(core)}, 0)
	c := h.open(t)
	for range 2000 {
		c.sendRaw([]byte("\xff"))
		c.reply()
	}
	c.close()
	h.wantClients(t, 0)
	eventually(t, "the end is logged", func() error {
		if n := lines.FilterMessage("client detached").Len(); n != 1 {
			return fmt.Errorf("%d times", n)
		}
		return nil
	})
	if n := lines.FilterMessage("client attached").Len(); n != 1 {
		t.Errorf("%d lines of the beginning", n)
	}
	if n := lines.FilterMessage("bad client: message refused").Len(); n == 0 || n > 1000 {
		t.Errorf("%d lines of bad messages", n)
	}
}

var _ signalling.Sink // the server is one for each client

// pair makes a connection that nobody serves yet, and returns the server's end.
func pair(t *testing.T) (*rawClient, *net.UnixConn) {
	t.Helper()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	c := &rawClient{t: t, fd: fds[0]}
	t.Cleanup(c.close)
	limit := unix.NsecToTimeval(int64(patience))
	if err := unix.SetsockoptTimeval(c.fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &limit); err != nil {
		t.Fatal(err)
	}
	f := os.NewFile(uintptr(fds[1]), "server")
	defer func() { _ = f.Close() }()
	sock, err := net.FileConn(f)
	if err != nil {
		t.Fatal(err)
	}
	return c, sock.(*net.UnixConn)
}

// A client that has sent more than the server will read is told why it is sent away, all the same.
func TestGoodbyeBeforeUnread(t *testing.T) {
	h := startHost(t)
	null, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = null.Close() }()
	before := len(openFiles(t))
	for _, tc := range []struct {
		words string
		first []byte
		serve func(*net.UnixConn) error
	}{
		{"no room", nil, h.server.Refuse},
		{"more than", make([]byte, api.MaxMessage+1), func(sock *net.UnixConn) error { h.server.Accept(sock); return nil }},
	} {
		c, sock := pair(t)
		if tc.first != nil {
			c.sendRaw(tc.first)
		}
		for range 3 {
			c.sendRaw([]byte("unread"), int(null.Fd()))
			c.sendRaw(nil)
		}
		if err := tc.serve(sock); err != nil {
			t.Fatal(err)
		}
		c.wantGoodbye(tc.words)
		c.close()
	}
	h.wantClients(t, 0)
	if files := openFiles(t); len(files) != before {
		t.Errorf("left open: %v", files)
	}
}

// What a client has asked for before it goes is served, also if it leaves messages unread.
func TestRequestsBeforeReset(t *testing.T) {
	h := startHost(t)
	c, sock := pair(t)
	if _, err := sock.Write([]byte("unread")); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		c.sendRaw([]byte("noise"))
	}
	c.close()
	h.server.Accept(sock)
	h.wantClients(t, 0)
	h.wantCounter(t, "api_bad_messages", 3)
}

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"net"
	"os/exec"
	"sync"

	"golang.org/x/sys/unix"

	"callmanager/lab/interop/peer"
)

func main() {
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp4", fmt.Sprintf(":%d", peer.Port))
	if err != nil {
		log.Fatal(err)
	}
	for {
		c, err := l.Accept()
		if err != nil {
			log.Fatal(err)
		}
		go serve(c)
	}
}

// session is one request: its connection and the sockets to be ended with it.
type session struct {
	wire net.Conn
	out  *json.Encoder

	mu    sync.Mutex // for out
	over  int        // an eventfd that is readable when the harness has closed the connection
	calls sync.WaitGroup
}

// serve serves the one request of a connection.
func serve(wire net.Conn) {
	defer func() { _ = wire.Close() }()
	over, err := unix.Eventfd(0, unix.EFD_CLOEXEC)
	if err != nil {
		log.Print(err)
		return
	}
	s := &session{wire: wire, out: json.NewEncoder(wire), over: over}
	var r peer.Request
	if err := json.NewDecoder(wire).Decode(&r); err != nil {
		return
	}
	watched := make(chan struct{})
	go s.runWatch(watched)
	switch r.Op {
	case peer.OpRun:
		s.run(r.Script)
	case peer.OpListen:
		err = s.listen(&r)
	case peer.OpCall:
		err = s.call(&r)
	default:
		err = fmt.Errorf("no operation %q", r.Op)
	}
	if err != nil {
		s.report(peer.Report{What: "failed", Text: err.Error(), Done: true})
	}
	s.calls.Wait()
	_ = wire.Close()
	<-watched
	_ = unix.Close(over)
}

// runWatch ends every wait when the harness has closed the connection.
func (s *session) runWatch(watched chan<- struct{}) {
	defer close(watched)
	_, _ = s.wire.Read(make([]byte, 1))
	_, _ = unix.Write(s.over, []byte{1, 0, 0, 0, 0, 0, 0, 0})
}

// await waits until a socket has something: a call to accept, an SDU, or its end. It is false when
// the harness wants no more. (The kernel's sockets have no shutdown.)
func (s *session) await(c *call) bool {
	for {
		fds := []unix.PollFd{{Fd: int32(c.fd), Events: unix.POLLIN}, {Fd: int32(s.over), Events: unix.POLLIN}}
		if _, err := unix.Poll(fds, -1); errors.Is(err, unix.EINTR) {
			continue
		}
		return fds[1].Revents == 0
	}
}

// read reads an SDU; 0 is the end.
func (s *session) read(c *call, b []byte) int {
	if !s.await(c) {
		return 0
	}
	n, err := unix.Read(c.fd, b)
	if err != nil {
		return 0
	}
	return n
}

// report tells the harness; if that is gone the request ends by runWatch.
func (s *session) report(r peer.Report) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_ = s.out.Encode(r)
}

// run runs a script. What it leaves in the background must have an output of its own.
func (s *session) run(script string) {
	out, err := exec.CommandContext(context.Background(), "/bin/sh", "-c", script).CombinedOutput()
	r := peer.Report{What: "output", Text: string(out), Done: true}
	if e := (*exec.ExitError)(nil); errors.As(err, &e) {
		r.Status = e.ExitCode()
	} else if err != nil {
		r.Status, r.Text = -1, err.Error()
	}
	s.report(r)
}

// backlog is how many calls may wait to be accepted.
const backlog = 64

// listen takes calls until the harness has enough.
func (s *session) listen(r *peer.Request) error {
	l, err := open(r.QoS, r.SAP)
	if err != nil {
		return err
	}
	defer l.close()
	if err := l.name(unix.SYS_BIND, r.Address); err != nil {
		return fmt.Errorf("bind: %w", err)
	}
	if err := unix.Listen(l.fd, backlog); err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	s.report(peer.Report{What: "listening"})
	for s.await(l) {
		c, err := l.accept()
		if err != nil {
			// A call that its caller has given up, or that the daemon could not complete.
			s.report(peer.Report{What: "failed", Text: "accept: " + err.Error()})
			continue
		}
		s.calls.Go(func() {
			defer c.close()
			s.echo(c, r.Releases)
		})
	}
	return nil
}

// echo sends back what comes on a call until that is released, by this side after most SDUs.
func (s *session) echo(c *call, most int) {
	r := peer.Report{What: "accepted"}
	if err := c.describe(&r); err != nil {
		s.report(peer.Report{What: "failed", Text: err.Error()})
		return
	}
	s.report(r)
	b := make([]byte, 65536)
	for most == 0 || r.SDUs < most {
		n := s.read(c, b)
		if n == 0 {
			break
		}
		r.SDUs, r.Octets = r.SDUs+1, r.Octets+n
		if _, err := unix.Write(c.fd, b[:n]); err != nil {
			s.report(peer.Report{What: "failed", Text: "write: " + err.Error()})
			break
		}
	}
	r.What = "released"
	s.report(r)
}

// call makes a call and exchanges SDUs on it.
func (s *session) call(r *peer.Request) error {
	c, err := open(r.QoS, r.SAP)
	if err != nil {
		return err
	}
	told, err := s.converse(c, r)
	c.close() // it returns when the release is under way
	if err == nil {
		s.report(told)
	}
	return err
}

// converse is the call from its beginning to before its end.
func (s *session) converse(c *call, r *peer.Request) (told peer.Report, err error) {
	if len(r.Local) > 0 {
		if err := c.name(unix.SYS_BIND, r.Local); err != nil {
			return told, fmt.Errorf("bind: %w", err)
		}
	}
	if err := c.name(unix.SYS_CONNECT, r.Address); err != nil {
		return told, fmt.Errorf("connect: %w", err)
	}
	told.What = "connected"
	if err := c.describe(&told); err != nil {
		return told, err
	}
	s.report(told)
	told.What, told.Done = "released", true
	sent, got := make([]byte, 65536), make([]byte, 65536)
	for _, size := range r.Sizes {
		peer.Fill(sent[:size])
		if _, err := unix.Write(c.fd, sent[:size]); err != nil {
			return told, fmt.Errorf("write %d octets: %w", size, err)
		}
		n := s.read(c, got)
		if !bytes.Equal(got[:n], sent[:size]) {
			return told, fmt.Errorf("of %d octets %d came back, or others", size, n)
		}
		told.SDUs, told.Octets = told.SDUs+1, told.Octets+n
	}
	if r.Releases != 0 {
		return told, nil
	}
	if _, err := unix.Write(c.fd, sent[:1]); err != nil {
		return told, fmt.Errorf("ask for the release: %w", err)
	}
	for s.read(c, got) > 0 {
		// What comes beside the echo counts for nothing.
	}
	return told, nil
}

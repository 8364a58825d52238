package e2e_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
	"google.golang.org/protobuf/proto"

	"callmanager/api/cmdpb"
	"callmanager/lab"
)

// rawClient is a client that says what it likes.
type rawClient struct {
	tb   testing.TB
	sock *net.UnixConn
	last uint64
	fds  []int // that came and were not taken
	// parts are the messages of a batch that read has not returned yet.
	parts []*cmdpb.ServerMessage
}

// rawDial connects without opening the address family.
func rawDial(tb testing.TB, h *lab.Host) *rawClient {
	tb.Helper()
	sock, err := net.DialUnix("unixpacket", nil, &net.UnixAddr{Name: h.Socket(), Net: "unixpacket"})
	if err != nil {
		tb.Fatal(err)
	}
	c := &rawClient{tb: tb, sock: sock}
	tb.Cleanup(c.close)
	return c
}

// rawOpen connects and opens the address family as a client of version 1.0.
func rawOpen(tb testing.TB, h *lab.Host) *rawClient {
	tb.Helper()
	return rawOpenMinor(tb, h, 0)
}

// rawOpenMinor connects and opens the address family.
func rawOpenMinor(tb testing.TB, h *lab.Host, minor uint32) *rawClient {
	tb.Helper()
	c := rawDial(tb, h)
	open := &cmdpb.OpenAF{Major: 1, Minor: minor, Name: "raw"}
	if r := c.ask(&cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_OpenAf{OpenAf: open}}); r.GetStatus() != cmdpb.Status_SUCCESS {
		tb.Fatalf("OpenAF: %v", r)
	}
	return c
}

// close ends the connection and closes what came with it.
func (c *rawClient) close() {
	_ = c.sock.Close()
	for _, fd := range c.fds {
		_ = unix.Close(fd)
	}
	c.fds = nil
}

// write sends octets, with descriptors beside them.
func (c *rawClient) write(b []byte, fds ...int) error {
	var oob []byte
	if len(fds) > 0 {
		oob = unix.UnixRights(fds...)
	}
	if err := c.sock.SetWriteDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	_, _, err := c.sock.WriteMsgUnix(b, oob, nil)
	return err
}

// send sends a request with the next number.
func (c *rawClient) send(m *cmdpb.ClientMessage) uint64 {
	c.tb.Helper()
	c.last++
	m.Request = c.last
	b, err := proto.Marshal(m)
	if err == nil {
		err = c.write(b)
	}
	if err != nil {
		c.tb.Fatal(err)
	}
	return c.last
}

// read returns the next message, those of a batch one by one, or io.EOF.
func (c *rawClient) read() (*cmdpb.ServerMessage, error) {
	if len(c.parts) > 0 {
		m := c.parts[0]
		c.parts = c.parts[1:]
		return m, nil
	}
	if err := c.sock.SetReadDeadline(time.Now().Add(patience)); err != nil {
		return nil, err
	}
	buf, oob := make([]byte, 64<<10), make([]byte, 256)
	n, oobn, _, _, err := c.sock.ReadMsgUnix(buf, oob)
	if err != nil {
		return nil, err
	}
	if n == 0 && oobn == 0 {
		return nil, io.EOF
	}
	if msgs, err := unix.ParseSocketControlMessage(oob[:oobn]); err == nil {
		for i := range msgs {
			if fds, err := unix.ParseUnixRights(&msgs[i]); err == nil {
				c.fds = append(c.fds, fds...)
			}
		}
	}
	m := new(cmdpb.ServerMessage)
	err = proto.Unmarshal(buf[:n], m)
	if parts := m.GetBatch().GetMessages(); len(parts) > 0 {
		m, c.parts = parts[0], parts[1:]
	}
	return m, err
}

// await reads until a message for which take returns true.
func (c *rawClient) await(what string, take func(*cmdpb.ServerMessage) bool) {
	c.tb.Helper()
	for {
		m, err := c.read()
		if err != nil {
			c.tb.Fatalf("await %s: %v", what, err)
		}
		if take(m) {
			return
		}
	}
}

// reply awaits the answer to a request.
func (c *rawClient) reply(request uint64) (r *cmdpb.Reply) {
	c.tb.Helper()
	c.await(fmt.Sprintf("the answer to request %d", request), func(m *cmdpb.ServerMessage) bool {
		r = m.GetReply()
		return r != nil && r.GetRequest() == request
	})
	return r
}

// ask sends a request and returns the answer.
func (c *rawClient) ask(m *cmdpb.ClientMessage) *cmdpb.Reply {
	c.tb.Helper()
	return c.reply(c.send(m))
}

// goodbye reads until the daemon has ended the connection, and returns the reason that it gave.
func (c *rawClient) goodbye() (reason string) {
	c.tb.Helper()
	for {
		m, err := c.read()
		switch {
		case errors.Is(err, io.EOF), errors.Is(err, unix.ECONNRESET):
			return reason
		case err != nil:
			c.tb.Fatalf("await the end of the connection: %v", err)
		}
		if g := m.GetGoodbye(); g != nil {
			reason = g.GetReason()
		}
	}
}

// wantGoodbye reads until the end of the connection and checks the reason.
func (c *rawClient) wantGoodbye(text string) {
	c.tb.Helper()
	if reason := c.goodbye(); !strings.Contains(reason, text) {
		c.tb.Errorf("sent away with %q, want %q in it", reason, text)
	}
}

// rings makes a call and returns the descriptors of its rings when it stands.
func (c *rawClient) rings(dest string) (vc uint64, memory, doorbell int) {
	c.tb.Helper()
	vc = c.ask(&cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_CreateVc{CreateVc: &cmdpb.CreateVC{}}}).GetHandle().GetHandle()
	r := c.ask(&cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_MakeCall{MakeCall: &cmdpb.MakeCall{
		Vc: vc, Parameters: &cmdpb.CallParameters{Called: dest},
	}}})
	if r.GetStatus() != cmdpb.Status_PENDING || len(c.fds) != 2 {
		c.tb.Fatalf("MakeCall: %v with %d descriptors", r, len(c.fds))
	}
	memory, doorbell, c.fds = c.fds[0], c.fds[1], nil
	c.tb.Cleanup(func() { _, _ = unix.Close(memory), unix.Close(doorbell) })
	c.await("the completion of MakeCall", func(m *cmdpb.ServerMessage) bool {
		done := m.GetMakeCallComplete()
		if done != nil && done.GetStatus() != cmdpb.Status_SUCCESS {
			c.tb.Fatalf("MakeCall: %v", done)
		}
		return done != nil
	})
	return vc, memory, doorbell
}

// devNull opens /dev/null for a client that sends descriptors.
func devNull(tb testing.TB) int {
	tb.Helper()
	f, err := os.Open(os.DevNull)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = f.Close() })
	return int(f.Fd())
}

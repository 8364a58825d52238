package api

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"
	"golang.org/x/sys/unix"
	"google.golang.org/protobuf/proto"

	"callmanager/api/cmdpb"
	"callmanager/signalling"
	"callmanager/signalling/cm"
	"callmanager/vc"
)

// maxDescriptors is how many descriptors one datagram can bring (the kernel's
// SCM_MAX_FD).
const maxDescriptors = 253

// GoodbyeTimeout bounds how long a client that is sent away may take to read what
// waits for it, and the goodbye.
const GoodbyeTimeout = time.Second

// conn is the connection of one client. It is the client's sink at the manager.
type conn struct {
	server *Server
	sock   *net.UnixConn
	cred   cm.Credentials
	id     cm.ClientID
	out    *outbox

	ctx    context.Context //nolint:containedctx // it is the connection's life: ended when the end begins
	cancel context.CancelFunc

	many  atomic.Bool // both sides know batches
	open  atomic.Bool // OpenAF has said a version that is in force
	minor uint32      // that version; owned by the reader
	whole bool        // the message at hand has nothing but known fields; likewise

	restarting sync.WaitGroup // waits of restarts
	tracing    sync.WaitGroup
	trace      *signalling.TraceStream // owned by the reader
	capture    *capture                // likewise
}

// newConn returns a connection whose goroutines do not run yet.
func newConn(s *Server, sock *net.UnixConn, cred cm.Credentials) *conn {
	c := &conn{server: s, sock: sock, cred: cred, out: newOutbox(), minor: cm.MinorVersion}
	c.ctx, c.cancel = context.WithCancel(s.ending)
	return c
}

// run serves the client until it goes or is sent away.
func (c *conn) run() {
	defer c.server.forget(c)
	log := c.server.log
	c.id = c.server.manager.Attach(c.cred, c)
	if ce := log.Check(zap.DebugLevel, "client attached"); ce != nil {
		ce.Write(zap.Int32("pid", c.cred.PID), zap.Uint32("uid", c.cred.UID), zap.Bool("admin", c.cred.Admin))
	}
	var writer sync.WaitGroup
	writer.Go(c.runWriter)
	reason := c.read()
	c.server.manager.Detach(c.id)
	if reason != "" {
		c.goodbye(reason)
	}
	c.out.abandon()
	c.stopTrace()
	c.stopCapture()
	writer.Wait()
	c.cancel()
	c.restarting.Wait()
	hangUp(c.sock)
	if ce := log.Check(zap.DebugLevel, "client detached"); ce != nil {
		ce.Write(zap.Int32("pid", c.cred.PID), zap.String("reason", c.out.reason()))
	}
}

// goodbye ends the connection with a reason: what waits for the client is still
// sent, within GoodbyeTimeout. It does not block and may be called by any
// goroutine; the first reason counts.
func (c *conn) goodbye(reason string) {
	if c.out.close(reason) {
		c.leave()
	}
}

// leave makes both goroutines end, once the queue is closed.
func (c *conn) leave() {
	_ = c.sock.SetWriteDeadline(deadline(GoodbyeTimeout))
	_ = c.sock.CloseRead()
	c.cancel()
}

// readRooms are what connections read into: clients that come and go by the thousand would leave 64 KiB of garbage
// each.
var readRooms = sync.Pool{New: func() any { return new([cmdpb.MaxMessage]byte) }}

// read handles requests until the connection ends. It returns the reason if it is
// this side that ends it.
func (c *conn) read() (reason string) {
	room := readRooms.Get().(*[cmdpb.MaxMessage]byte) //nolint:errcheck,forcetypeassert // there is nothing else in it
	defer readRooms.Put(room)
	buf := room[:]
	oob := make([]byte, unix.CmsgSpace(unix.SizeofUcred)+unix.CmsgSpace(maxDescriptors*4))
	for {
		n, oobn, flags, _, err := c.sock.ReadMsgUnix(buf, oob)
		c.closeStray(oob[:oobn])
		// With SO_PASSCRED every datagram has a control message, so this tells an
		// empty one from the end of the connection.
		if errors.Is(err, io.EOF) && oobn > 0 {
			err = nil
		}
		// A client that has left messages unread resets the connection, once. What it has asked for
		// before is still there.
		if errors.Is(err, unix.ECONNRESET) {
			continue
		}
		switch {
		case err != nil:
			return ""
		case flags&unix.MSG_TRUNC != 0:
			c.server.stats.truncated.Add(1)
			c.complain("message too long", "")
			return fmt.Sprintf("a message of more than %d octets", cmdpb.MaxMessage)
		}
		m, err := c.parse(buf[:n])
		if err != nil {
			c.bad(0, cmdpb.Status_INVALID_DATA, "the message does not parse as a ClientMessage")
			continue
		}
		c.handle(m)
	}
}

// hangUp closes a socket behind what was sent. What the client has sent and nobody will read is
// taken first: the kernel would answer it with a reset, which overtakes the goodbye.
func hangUp(sock *net.UnixConn) {
	_ = sock.CloseRead()
	// There is no room for descriptors, which the kernel therefore closes; the credentials tell a
	// datagram from the end.
	oob := make([]byte, unix.CmsgSpace(unix.SizeofUcred))
	for oobn := 1; oobn > 0; {
		_, oobn, _, _, _ = sock.ReadMsgUnix(nil, oob)
	}
	_ = sock.Close()
}

// closeStray closes descriptors that a client sent: no message of the protocol
// carries any in this direction.
func (c *conn) closeStray(oob []byte) {
	stray := 0
	msgs, _ := unix.ParseSocketControlMessage(oob) // the kernel's own writing
	for i := range msgs {
		fds, err := unix.ParseUnixRights(&msgs[i])
		if err != nil {
			continue // credentials
		}
		for _, fd := range fds {
			_ = unix.Close(fd)
			stray++
		}
	}
	if stray > 0 {
		c.server.stats.strayDescriptors.Add(uint64(stray))
		c.complain("descriptors that no message carries", "")
	}
}

// complain logs what a client does wrong.
func (c *conn) complain(what, detail string) {
	c.server.warn.Warn("bad client: "+what, zap.Int32("pid", c.cred.PID), zap.Uint32("uid", c.cred.UID), zap.String("detail", detail))
}

// bad answers a request that cannot be understood, and counts it.
func (c *conn) bad(request uint64, s cmdpb.Status, detail string) {
	c.badRequest(&cmdpb.Reply{Request: request, Status: s, Detail: detail})
}

// badRequest answers and counts as bad does.
func (c *conn) badRequest(r *cmdpb.Reply) {
	c.server.stats.badMessages.Add(1)
	c.complain("message refused", r.GetDetail())
	r.Detail = text(r.GetDetail())
	c.reply(r)
}

// reply queues an answer of the server's own. One that is too long for a message
// becomes a failure.
func (c *conn) reply(r *cmdpb.Reply) {
	if n := proto.Size(r); n > pageOctets {
		r = &cmdpb.Reply{
			Request: r.GetRequest(), Status: cmdpb.Status_FAILURE,
			Detail: fmt.Sprintf("the answer has %d octets, more than a message has room for", n),
		}
	}
	c.send(&cmdpb.ServerMessage{Body: &cmdpb.ServerMessage_Reply{Reply: r}}, nil)
}

// Deliver implements [signalling.Sink].
func (c *conn) Deliver(ev cm.Event, ports *vc.Ports) {
	if g, ok := ev.(cm.Goodbye); ok {
		closePorts(ports)
		c.goodbye(g.Reason)
		return
	}
	if _, ok := ev.(cm.CloseAFComplete); ok {
		c.open.Store(false)
	}
	if s, ok := ev.(cm.StatusIndication); ok {
		c.tellStatus(&s)
		return
	}
	c.send(encodeEvent(ev), ports)
	if r, ok := ev.(cm.Reply); ok && r.OpenAF != nil {
		c.many.Store(r.OpenAF.Client >= cmdpb.BatchMinor)
	}
}

// send queues a message. It owns the ports, and does not block: a client that does
// not read is sent away. A nil message cannot be told to the client, which is
// therefore sent away, too.
func (c *conn) send(m *cmdpb.ServerMessage, ports *vc.Ports) {
	b, err := proto.Marshal(m)
	if err == nil && (m == nil || len(b) > cmdpb.MaxMessage) {
		err = fmt.Errorf("%T of %d octets is no message of the protocol", m.GetBody(), len(b))
	}
	if err != nil {
		closePorts(ports)
		c.goodbye("the daemon could not encode a message: " + err.Error())
		return
	}
	// The answer to OpenAF tells the client that there are batches, so it comes in none.
	queued, overflow := c.out.put(outgoing{data: b, ports: ports, alone: m.GetReply().GetOpenAf() != nil})
	if !queued {
		closePorts(ports)
	}
	c.overflowed(overflow)
}

// overflowed sends a client away whose queue has overflowed.
func (c *conn) overflowed(overflow bool) {
	if overflow {
		c.server.stats.overflows.Add(1)
		c.complain("does not read", "")
		c.leave()
	}
}

// closePorts closes the descriptors of a VC that were not or have been sent.
func closePorts(p *vc.Ports) {
	if p != nil {
		_ = p.Close()
	}
}

// runWriter sends what is queued until the queue is closed, and then the
// goodbye. It shuts the socket down, which ends the reader.
func (c *conn) runWriter() {
	w := writer{sock: c.sock, many: &c.many, ending: c.ctx}
	if err := w.run(c.out); errors.Is(err, os.ErrDeadlineExceeded) {
		c.server.stats.stalled.Add(1)
	}
	c.out.discard()
	_ = c.sock.CloseRead()
	_ = c.sock.CloseWrite()
}

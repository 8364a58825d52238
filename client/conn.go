package client

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
	"google.golang.org/protobuf/proto"

	"callmanager/api/cmdpb"
	"callmanager/datapath/ring"
)

// DefaultSocket is where the daemon listens unless it is configured otherwise.
const DefaultSocket = "/run/cmd-daemon/cmd.sock"

// The version of the control protocol that this library speaks.
const (
	protocolMajor = 1
	protocolMinor = 3
)

// Options say how to reach the daemon. The zero value is the default socket and
// the program's name.
type Options struct {
	// Socket is the path of the daemon's socket; empty means [DefaultSocket].
	Socket string
	// Name is how the daemon's lists show this client; empty means the name of
	// the program.
	Name string
}

// Conn is a connection to the daemon with its address family open.
type Conn struct {
	sock *net.UnixConn
	info *cmdpb.OpenAFResult

	// recent tells that the daemon speaks version 1.1: batches, kept rings, calls on VCs of its own making.
	recent atomic.Bool

	done    chan struct{} // closed when the reader has ended
	err     error         // why; valid after done is closed
	closing chan struct{} // closed by the reader when the daemon has said that it ends
	out     *outbox

	statuses statuses

	// tracer and capturer are owned by the reader.
	tracer   func(*cmdpb.TraceEvent)
	capturer CaptureSink

	mu        sync.Mutex
	last      uint64
	pending   map[uint64]*pending
	vcs       map[uint64]*VC
	kept      map[uint64]*ring.Endpoint // retired, by the VC that had them
	listeners map[uint64]*Listener
	// registering counts SAPs under way; early are the offers that came before
	// the answer to one of them.
	registering int
	early       []*Offer
	// addresses are those that the daemon has told of since OpenAF, if addressed.
	addresses []string
	addressed bool
}

// Dial connects to the daemon and opens the address family. The context bounds
// the dialling only.
func Dial(ctx context.Context, o Options) (*Conn, error) {
	if o.Socket == "" {
		o.Socket = DefaultSocket
	}
	if o.Name == "" && len(os.Args) > 0 {
		o.Name = filepath.Base(os.Args[0])
	}
	sock, err := connect(ctx, o.Socket)
	if err != nil {
		return nil, dialError(o.Socket, err)
	}
	c := &Conn{
		sock:      sock,
		done:      make(chan struct{}),
		closing:   make(chan struct{}),
		statuses:  statuses{more: make(chan struct{}, 1)},
		out:       newOutbox(),
		pending:   make(map[uint64]*pending),
		vcs:       make(map[uint64]*VC),
		kept:      make(map[uint64]*ring.Endpoint),
		listeners: make(map[uint64]*Listener),
	}
	go c.runReader()
	go c.runWriter()
	r, err := c.ask(ctx, "OpenAF", &cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_OpenAf{OpenAf: &cmdpb.OpenAF{
		Major: protocolMajor, Minor: protocolMinor, Name: strings.ToValidUTF8(o.Name, "?"),
	}}})
	if err == nil && r.GetOpenAf().GetMajor() != protocolMajor {
		err = fmt.Errorf("client: dial %s: %w: it speaks version %d of the protocol, this library %d",
			o.Socket, errProtocol, r.GetOpenAf().GetMajor(), protocolMajor)
	}
	if err != nil {
		_ = c.Close()
		return nil, err
	}
	c.info = r.GetOpenAf()
	c.recent.Store(c.info.GetMinor() >= cmdpb.BatchMinor)
	return c, nil
}

// connectPause is how long a client waits that has met a full queue.
const connectPause = 5 * time.Millisecond

// connect connects a socket. While too many others wait to be accepted it waits, too.
func connect(ctx context.Context, path string) (*net.UnixConn, error) {
	var d net.Dialer
	for {
		nc, err := d.DialContext(ctx, "unixpacket", path)
		if sock, ok := nc.(*net.UnixConn); ok {
			return sock, nil
		}
		if errors.Is(err, unix.EAGAIN) {
			pause, cancel := context.WithTimeout(ctx, connectPause)
			<-pause.Done()
			cancel()
		}
		switch {
		case ctx.Err() != nil:
			return nil, fmt.Errorf("%w: %w", context.Cause(ctx), err)
		case !errors.Is(err, unix.EAGAIN):
			return nil, err
		}
	}
}

// dialError adds what to do to the two failures that users meet.
func dialError(path string, err error) error {
	switch {
	case errors.Is(err, os.ErrPermission):
		return fmt.Errorf("client: dial %s: %w: become root or join the group cmd", path, err)
	case errors.Is(err, os.ErrNotExist), errors.Is(err, unix.ECONNREFUSED):
		return fmt.Errorf("client: dial %s: %w: is cmd-daemon running, and is this its socket?", path, err)
	}
	return fmt.Errorf("client: dial %s: %w", path, err)
}

// Version returns the daemon's version.
func (c *Conn) Version() string { return c.info.GetVersion() }

// Addresses returns the daemon's own ATM addresses, one a link, and its aliases. A link whose NIC is
// absent may have none yet; a daemon of version 1.3 tells when that changes. The caller must not change
// the slice.
func (c *Conn) Addresses() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.addressed {
		return c.addresses
	}
	return c.info.GetAddresses()
}

// Done is closed when the connection to the daemon is gone; Err says why.
func (c *Conn) Done() <-chan struct{} { return c.done }

// Err returns nil while the connection stands, and afterwards why it does not:
// it wraps [ErrDisconnected].
func (c *Conn) Err() error {
	select {
	case <-c.done:
		return c.err
	default:
		return nil
	}
}

// Close ends the connection: what has been asked for is still sent, and then the daemon
// releases every call of it and frees everything that it held. A VC reads what it
// still holds, and is to be closed as ever. Close is idempotent.
func (c *Conn) Close() error {
	c.out.close()
	_ = c.sock.SetWriteDeadline(deadline(flushTimeout))
	<-c.out.done
	err := c.sock.Close()
	<-c.done
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// runReader receives messages until the connection is gone and dispatches them.
func (c *Conn) runReader() {
	reason := c.read()
	_ = c.sock.Close()
	c.out.close()
	c.mu.Lock()
	c.err = fmt.Errorf("%w: %w", ErrDisconnected, reason)
	close(c.done)
	vcs, kept, listeners, early := c.vcs, c.kept, c.listeners, c.early
	c.vcs, c.kept, c.listeners, c.pending, c.early = nil, nil, nil, nil, nil
	c.mu.Unlock()
	for _, ep := range kept {
		_ = ep.Close() // never fails
	}
	for _, v := range vcs {
		v.disconnected()
	}
	for _, l := range listeners {
		l.disconnected()
	}
	for _, o := range early {
		o.vc.shut(CloseOptions{})
	}
}

// maxDescriptors is how many descriptors one datagram can bring (the kernel's
// SCM_MAX_FD).
const maxDescriptors = 253

// read is the loop of runReader; it returns why it ended.
func (c *Conn) read() error {
	buf := make([]byte, cmdpb.MaxMessage)
	oob := make([]byte, unix.CmsgSpace(maxDescriptors*4))
	for {
		n, oobn, flags, _, err := c.sock.ReadMsgUnix(buf, oob)
		fds := descriptors(oob[:oobn])
		m := new(cmdpb.ServerMessage)
		switch {
		case err != nil:
		case flags&unix.MSG_TRUNC != 0:
			err = fmt.Errorf("%w: a message that is too long", errProtocol)
		default:
			if err = proto.Unmarshal(buf[:n], m); err != nil {
				err = fmt.Errorf("%w: a message that does not parse: %w", errProtocol, err)
			}
		}
		if g := m.GetGoodbye(); g != nil && err == nil {
			err = errors.New(g.GetReason())
		}
		if err != nil {
			closeAll(fds)
			return err
		}
		fds, err = c.dispatch(m, fds)
		closeAll(fds)
		if err != nil {
			return err
		}
	}
}

// errProtocol says that the daemon has sent what the protocol does not know.
var errProtocol = errors.New("the daemon broke the protocol")

// descriptors returns the file descriptors of a control message.
func descriptors(oob []byte) []int {
	msgs, err := unix.ParseSocketControlMessage(oob)
	if err != nil {
		return nil // the kernel writes none that does not parse
	}
	var fds []int
	for i := range msgs {
		if f, err := unix.ParseUnixRights(&msgs[i]); err == nil {
			fds = append(fds, f...)
		}
	}
	return fds
}

// closeAll closes descriptors that nobody took.
func closeAll(fds []int) {
	for _, fd := range fds {
		_ = unix.Close(fd)
	}
}

// dispatch hands a message to whom it concerns. It returns the descriptors that nobody
// took, and an error if the connection cannot go on.
func (c *Conn) dispatch(m *cmdpb.ServerMessage, fds []int) (rest []int, err error) {
	switch b := m.GetBody().(type) {
	case *cmdpb.ServerMessage_Batch:
		return fds, c.dispatchAll(b.Batch)
	case *cmdpb.ServerMessage_RingsGone:
		c.unkeep(b.RingsGone.GetVc())
	case *cmdpb.ServerMessage_Reply:
		return c.replied(b.Reply, fds), nil
	case *cmdpb.ServerMessage_MakeCallComplete:
		c.completed(b.MakeCallComplete.GetRequest(), m)
	case *cmdpb.ServerMessage_CloseCallComplete:
		c.completed(b.CloseCallComplete.GetRequest(), m)
	case *cmdpb.ServerMessage_CloseAfComplete:
		c.completed(b.CloseAfComplete.GetRequest(), m)
	case *cmdpb.ServerMessage_RestartComplete:
		c.completed(b.RestartComplete.GetRequest(), m)
	case *cmdpb.ServerMessage_ModifyCallQosComplete:
		c.completed(b.ModifyCallQosComplete.GetRequest(), m)
	case *cmdpb.ServerMessage_PvcComplete:
		c.completed(b.PvcComplete.GetRequest(), m)
	case *cmdpb.ServerMessage_NotifyCloseAf:
		c.notifiedClose(b.NotifyCloseAf)
	case *cmdpb.ServerMessage_StatusIndication:
		c.told(b.StatusIndication)
	case *cmdpb.ServerMessage_IncomingCall:
		return c.offered(b.IncomingCall, fds)
	case *cmdpb.ServerMessage_AddPartyComplete:
		c.completed(b.AddPartyComplete.GetRequest(), m)
	case *cmdpb.ServerMessage_DropPartyComplete:
		c.completed(b.DropPartyComplete.GetRequest(), m)
	case *cmdpb.ServerMessage_TraceEvent:
		if c.tracer != nil {
			c.tracer(b.TraceEvent)
		}
	case *cmdpb.ServerMessage_CapturePackets:
		if c.capturer.Packets != nil {
			c.capturer.Packets(b.CapturePackets.GetPackets())
		}
	case *cmdpb.ServerMessage_CaptureState:
		if c.capturer.State != nil {
			c.capturer.State(b.CaptureState)
		}
	default:
		c.indicate(m)
	}
	return fds, nil
}

// indicate hands what the daemon tells of a VC to it. What a later daemon may send is none of ours.
func (c *Conn) indicate(m *cmdpb.ServerMessage) {
	switch b := m.GetBody().(type) {
	case *cmdpb.ServerMessage_IncomingCallQosChange:
		if v := c.vc(b.IncomingCallQosChange.GetVc()); v != nil {
			v.changed(b.IncomingCallQosChange.GetParameters())
		}
	case *cmdpb.ServerMessage_CallConnected:
		if v := c.vc(b.CallConnected.GetVc()); v != nil {
			v.connectedEvent()
		}
	case *cmdpb.ServerMessage_IncomingCloseCall:
		if v := c.vc(b.IncomingCloseCall.GetVc()); v != nil {
			v.remoteClosed(b.IncomingCloseCall)
		}
	case *cmdpb.ServerMessage_Notification:
		if v := c.vc(b.Notification.GetVc()); v != nil {
			v.notified(b.Notification)
		}
	case *cmdpb.ServerMessage_CallProgress:
		if v := c.vc(b.CallProgress.GetVc()); v != nil {
			v.progressed(b.CallProgress)
		}
	case *cmdpb.ServerMessage_IncomingDropParty:
		if v := c.vc(b.IncomingDropParty.GetVc()); v != nil {
			v.partyDropped(b.IncomingDropParty)
		}
	case *cmdpb.ServerMessage_VcStatus:
		if v := c.vc(b.VcStatus.GetVc()); v != nil {
			v.linkChanged(b.VcStatus)
		}
	case *cmdpb.ServerMessage_DeleteVcIndication:
		if v := c.vc(b.DeleteVcIndication.GetVc()); v != nil {
			v.deletedEvent()
		}
	}
}

// vc finds a VC by its handle.
func (c *Conn) vc(h uint64) *VC {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.vcs[h]
}

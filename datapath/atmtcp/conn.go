package atmtcp

import (
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"callmanager/datapath/frame"
	"callmanager/vc"
)

const (
	// readSize is how many octets of the stream are taken at once.
	readSize = 128 << 10
	// dataSlice is how many octets of data are written before the control VC's turn comes again.
	dataSlice = 32 << 10
)

// A conn is one connection to the peer.
type conn struct {
	t    *Transport
	wire net.Conn
	scan scanner
	// heard is when something came last, in nanoseconds since start.
	heard atomic.Int64
	start time.Time
	spoke bool                  // A record has come.
	fault atomic.Pointer[error] // Why the writer closed the connection.
	done  chan struct{}

	dataCame, controlCame bool // Since the ports' workers were told last.
}

func newConn(t *Transport, wire net.Conn) *conn {
	return &conn{t: t, wire: wire, start: now(), done: make(chan struct{})}
}

// silent returns for how long nothing has come.
func (c *conn) silent() time.Duration { return now().Sub(c.start) - time.Duration(c.heard.Load()) }

// serve moves records until the connection ends, and says why it did. The transport is up meanwhile.
func (c *conn) serve() error {
	t := c.t
	t.count.connections.Add(1)
	tune(c.wire)
	t.link.Go(func() { t.closeWith(c.wire, c.done) })
	t.link.Up()
	var writing sync.WaitGroup
	writing.Go(c.runWriter)
	err := c.read()
	close(c.done)
	_ = c.wire.Close()
	writing.Wait()
	t.count.unsent.Add(uint64(t.link.Drop()))
	if c.scan.cut() {
		t.count.torn.Add(1)
	}
	return err
}

// read takes the stream in. It returns why it ended.
func (c *conn) read() error {
	buf := make([]byte, readSize)
	for {
		n, err := c.wire.Read(buf)
		if n > 0 {
			c.heard.Store(int64(now().Sub(c.start)))
			bad := c.scan.feed(buf[:n], c)
			c.flush()
			if bad != nil {
				c.t.count.broken.Add(1)
				return bad
			}
		}
		if err != nil {
			return c.reason(err)
		}
	}
}

// reason says why the connection ended with an error of its reader.
func (c *conn) reason(err error) error {
	if fault := c.fault.Load(); fault != nil {
		err = *fault
	}
	if errors.Is(err, io.EOF) || errors.Is(err, unix.EPIPE) {
		return errors.New("the peer closed it")
	}
	return plain(err)
}

// record implements sink.
func (c *conn) record(h header, sdu []byte) {
	t := c.t
	c.spoke = true
	t.count.records.Add(1)
	switch {
	case h.notice():
		c.notice(sdu)
	case len(sdu) == 0:
		t.count.empty.Add(1)
	case h.vpi > uint16(vc.MaxVPI):
		t.count.path.Add(1)
	default:
		label := frame.LabelOf(vc.VPI(h.vpi), vc.VCI(h.vci))
		if label == frame.Signalling {
			c.controlCame = true
			t.link.Control.Deliver(frame.NewEntry(label), 0, sdu)
			return
		}
		c.dataCame = true
		t.link.Data.Deliver(frame.NewEntry(label), 0, sdu)
	}
}

// oversize implements sink.
func (c *conn) oversize(header) {
	c.t.count.records.Add(1)
	c.t.count.oversize.Add(1)
}

// notice counts what a kernel tells of its VCs: "O VPI.VCI ITF.VPI.VCI QOS" or "C VPI.VCI".
func (c *conn) notice(text []byte) {
	switch {
	case len(text) > 1 && text[0] == 'O' && text[1] == ' ':
		c.t.count.opened.Add(1)
	case len(text) > 1 && text[0] == 'C' && text[1] == ' ':
		c.t.count.shut.Add(1)
	default:
		c.t.count.otherNotices.Add(1)
	}
}

// flush tells the ports' workers what has come.
func (c *conn) flush() {
	if c.controlCame {
		c.t.link.Control.Readable.Set()
	}
	if c.dataCame {
		c.t.link.Data.Readable.Set()
	}
	c.controlCame, c.dataCame = false, false
}

// runWriter writes what the outboxes hold, the control VC's first, until the connection ends.
func (c *conn) runWriter() {
	t := c.t
	for {
		select {
		case <-c.done:
			return
		case <-t.link.Outgoing:
		}
		for more := true; more; {
			var err error
			if more, err = c.writeSome(); err != nil {
				c.fault.Store(&err)
				_ = c.wire.Close() // The reader finds out.
				return
			}
		}
	}
}

// writeSome writes what there is. It reports false when there was nothing. What it has taken and not
// written when a write fails is still unsent for the link, which counts it.
func (c *conn) writeSome() (more bool, err error) {
	if more, err = c.writeControl(); err != nil {
		return false, err
	}
	p := c.t.link.Data
	b := p.Out.Take()
	p.Writable.Set()
	for rest := b; len(rest) > 0; {
		n := slice(rest, dataSlice)
		if _, err = c.wire.Write(rest[:n]); err != nil {
			return false, err
		}
		p.Out.Sent(tally(rest[:n]))
		if rest = rest[n:]; len(rest) > 0 {
			if _, err = c.writeControl(); err != nil {
				return false, err
			}
		}
		more = true
	}
	p.Out.Recycle(b)
	return more, nil
}

// writeControl writes the control VC's records.
func (c *conn) writeControl() (more bool, err error) {
	p := c.t.link.Control
	b := p.Out.Take()
	p.Writable.Set()
	if len(b) > 0 {
		if _, err = c.wire.Write(b); err != nil {
			return false, err
		}
		p.Out.Sent(tally(b))
	}
	p.Out.Recycle(b)
	return len(b) > 0, nil
}

// plain takes addresses and system calls out of an error of a connection: who reads it knows them.
func plain(err error) error {
	if op, ok := errors.AsType[*net.OpError](err); ok {
		err = op.Err
	}
	if call, ok := errors.AsType[*os.SyscallError](err); ok {
		err = call.Err
	}
	return err
}

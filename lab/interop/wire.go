package interop

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"time"

	"callmanager/lab"
)

// The frames of atmtcp: VPI and VCI in two octets each, the length in four, then the SDU.
const (
	headerSize = 8
	longest    = 65535
	signalling = 5 // the VCI, on VPI 0
)

// Wire joins cmd-daemon and the guest's atmtcp: it listens for the daemon in its namespace, connects to
// the guest, and carries frames both ways until either side closes.
type Wire struct {
	host      *lab.Host
	listener  net.Listener
	guestPort int
	ended     chan struct{}
	cancel    context.CancelFunc // of run

	mu     sync.Mutex
	ends   []net.Conn
	record *os.File
	begin  time.Time
	every  int    // of the SSCOP PDUs of a direction this one is lost; 0 loses none
	seen   [2]int // by direction since every was set
	lost   int
	pdus   int
}

// The directions of a wire.
const (
	toGuest = iota
	fromGuest
)

// NewWire listens on a port of 127.0.0.1 in the host's namespace, for one connection, which goes to
// guestPort. What passes is written to the file at record. The caller closes the wire.
func NewWire(h *lab.Host, port, guestPort int, record string) (*Wire, error) {
	w := &Wire{host: h, guestPort: guestPort, begin: time.Now(), ended: make(chan struct{})}
	var ctx context.Context
	ctx, w.cancel = context.WithCancel(context.Background())
	err := h.Do(func() (err error) {
		w.listener, err = (&net.ListenConfig{}).Listen(context.Background(), "tcp4", fmt.Sprintf("127.0.0.1:%d", port))
		return err
	})
	if err == nil {
		if w.record, err = os.Create(record); err != nil {
			_ = w.listener.Close()
		}
	}
	if err != nil {
		w.cancel()
		return nil, fmt.Errorf("interop: %w", err)
	}
	go w.run(ctx)
	return w, nil
}

// LoseEvery makes the wire lose every n-th SSCOP PDU of each direction from now on, or none with 0. It
// returns how many PDUs passed or were lost, and how many of these were lost, since the last call.
func (w *Wire) LoseEvery(n int) (pdus, lost int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	pdus, lost = w.pdus, w.lost
	w.every, w.seen, w.pdus, w.lost = n, [2]int{}, 0, 0
	return pdus, lost
}

// Close ends the connection, the daemon's side first, and the wire.
func (w *Wire) Close() {
	_ = w.listener.Close()
	w.cancel()
	w.hangUp()
	<-w.ended
	_ = w.record.Close()
}

// run serves the one connection. ctx ends with Close.
func (w *Wire) run(ctx context.Context) {
	defer close(w.ended)
	here, err := w.listener.Accept()
	if err != nil {
		return
	}
	there, err := dial(ctx, w.host, w.guestPort)
	if err != nil {
		_ = here.Close()
		return
	}
	w.mu.Lock()
	w.ends = []net.Conn{here, there}
	w.mu.Unlock()
	if ctx.Err() != nil { // Close came before it could see these
		w.hangUp()
	}
	var both sync.WaitGroup
	both.Go(func() { w.carry(there, here, toGuest) })
	both.Go(func() { w.carry(here, there, fromGuest) })
	both.Wait()
}

// hangUp closes both ends.
func (w *Wire) hangUp() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.ends {
		_ = c.Close()
	}
}

// carry carries one direction until an end closes.
func (w *Wire) carry(to io.Writer, from io.Reader, direction int) {
	defer w.hangUp()
	frame := make([]byte, headerSize+longest)
	for {
		if _, err := io.ReadFull(from, frame[:headerSize]); err != nil {
			return
		}
		n := binary.BigEndian.Uint32(frame[4:])
		if n > longest {
			return
		}
		f := frame[:headerSize+n]
		if _, err := io.ReadFull(from, f[headerSize:]); err != nil {
			return
		}
		if !w.pass(f, direction) {
			continue
		}
		if _, err := to.Write(f); err != nil {
			return
		}
	}
}

// pass writes a frame of the control VC down and reports whether it goes on.
func (w *Wire) pass(frame []byte, direction int) bool {
	if binary.BigEndian.Uint16(frame) != 0 || binary.BigEndian.Uint16(frame[2:]) != signalling {
		return true
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.pdus++
	w.seen[direction]++
	lose := w.every > 0 && w.seen[direction]%w.every == 0
	way := [...]string{"A>B", "B>A"}[direction]
	if lose {
		w.lost++
		way = [...]string{"A>X", "B>X"}[direction]
	}
	_, _ = fmt.Fprintf(w.record, "%10.6f %s 0/5 %d %x\n", time.Since(w.begin).Seconds(), way, len(frame)-headerSize, frame[headerSize:])
	return !lose
}

// errNoImage tells that there is nothing to boot.
var errNoImage = errors.New("no image of a guest")

// FindImage returns the directory if it holds an image of a guest.
func FindImage(dir string) (string, error) {
	for _, name := range []string{"vmlinuz", "initrd"} {
		if _, err := os.Stat(dir + "/" + name); err != nil {
			return "", fmt.Errorf("%w: %w", errNoImage, err)
		}
	}
	return dir, nil
}

package ring

import (
	"errors"
	"fmt"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// Params are the sizes of a VC's two rings in octets. A size is rounded up to a power of two; 0 means DefaultSize.
// SizeFor computes one from a rate.
type Params struct {
	// ToDaemon is the ring on which the client transmits.
	ToDaemon int
	// ToClient is the ring from which the client receives.
	ToClient int
}

// Octets returns what the rings take of memory in all, for a quota. It returns an error if a size is
// negative or exceeds MaxSize.
func (p Params) Octets() (int, error) {
	g, err := p.geometry()
	return int(g.fileOctets), err
}

// geometry normalises the sizes and lays out the file.
func (p Params) geometry() (preamble, error) {
	sizes := [2]int{p.ToDaemon, p.ToClient}
	for i, n := range sizes {
		if n < 0 || n > MaxSize {
			return preamble{}, fmt.Errorf("ring: size of %d octets, want at most %d", n, MaxSize)
		}
		if n == 0 {
			n = DefaultSize
		}
		sizes[i] = int(powerOfTwo(uint64(max(n, MinSize))))
	}
	return geometry(sizes[0], sizes[1]), nil
}

// Descriptors are what a client needs to open a VC's rings. They are close-on-exec and belong to whom they were
// given last: the daemon closes them right after it has sent them.
type Descriptors struct {
	// Memory is the sealed memfd.
	Memory int
	// Doorbell is the client's end of the doorbell.
	Doorbell int
}

// Close closes both descriptors.
func (d Descriptors) Close() error {
	return errors.Join(unix.Close(d.Memory), unix.Close(d.Doorbell))
}

// Endpoint is one party's side of a VC's two rings. Tx and Rx may be used by one goroutine each, between
// Enter and Leave.
type Endpoint struct {
	// Tx is the ring that this party transmits on.
	Tx *Producer
	// Rx is the ring that this party receives from.
	Rx *Consumer

	pair     *pair
	punched  atomic.Bool
	retired  atomic.Bool
	gate     *gate
	readable Signal    // Rung when Rx may have something.
	writable Signal    // Rung when Tx may have room.
	alarms   [2]alarm  // Of who waits for Rx and of who waits for Tx.
	peer     *Endpoint // The other end on heap memory.
}

// Create makes the memory and the doorbell of one VC. It returns the daemon's end and the descriptors for the
// client, to be sent with the message that concerns the VC and then closed. The file is sealed against resizing.
func Create(p Params) (*Endpoint, Descriptors, error) {
	g, err := p.geometry()
	if err != nil {
		return nil, Descriptors{}, err
	}
	fd, err := createFile(g.fileOctets)
	if err != nil {
		return nil, Descriptors{}, fmt.Errorf("ring: create: %w", err)
	}
	mapping, err := mapFile(fd, g.fileOctets)
	if err != nil {
		_ = unix.Close(fd)
		return nil, Descriptors{}, fmt.Errorf("ring: create: %w", err)
	}
	bell, peerFD, err := newDoorbellPair()
	if err != nil {
		_, _ = unix.Munmap(mapping), unix.Close(fd)
		return nil, Descriptors{}, err
	}
	*mappedMemory(mapping).preamble() = g
	made := &pair{geometry: g, mapping: mapping, bell: bell, daemon: true, gone: make(chan struct{})}
	return made.endpoint(), Descriptors{Memory: fd, Doorbell: peerFD}, nil
}

// Open maps the rings that the daemon sent and returns the client's end. It owns both descriptors from the
// call on, and closes them even when it fails; the memory's is closed right after mapping. It refuses a file
// that is not sealed, too short, of another version or inconsistent.
func Open(d Descriptors) (*Endpoint, error) {
	bell, err := openDoorbell(d.Doorbell)
	if err != nil {
		_ = unix.Close(d.Memory)
		return nil, err
	}
	mapping, err := openFile(d.Memory)
	if err != nil {
		_ = bell.close()
		return nil, fmt.Errorf("ring: open: %w", err)
	}
	m := mappedMemory(mapping)
	g := *m.preamble()
	if err := g.validate(uint64(len(mapping))); err != nil {
		_, _ = unix.Munmap(mapping), bell.close()
		return nil, fmt.Errorf("ring: open: %w", err)
	}
	p := &pair{geometry: g, mapping: mapping, bell: bell, gone: make(chan struct{})}
	return p.endpoint(), nil
}

// openFile checks and maps a file and closes its descriptor.
func openFile(fd int) ([]byte, error) {
	defer func() { _ = unix.Close(fd) }()
	octets, err := checkFile(fd)
	if err != nil {
		return nil, err
	}
	return mapFile(fd, octets)
}

// New makes the same two rings on heap memory, for two users in one process, and returns both ends. A
// Ringer that is nil is the end's own Signal, on which WaitReadable, WaitWritable, Send and Receive of that end
// sleep; with a Ringer of its own an end is woken by that alone and must do its own sleeping.
func New(p Params, wakeDaemon, wakeClient Ringer) (daemon, client *Endpoint, err error) {
	g, err := p.geometry()
	if err != nil {
		return nil, nil, err
	}
	m := newMemory(g.fileOctets)
	*m.preamble() = g
	daemon, client = newEndpoint(&pair{gone: make(chan struct{})}), newEndpoint(&pair{gone: make(chan struct{})})
	daemon.peer, client.peer = client, daemon
	daemon.attach(m, &g, true, orSignal(wakeClient, client.readable), orSignal(wakeClient, client.writable))
	client.attach(m, &g, false, orSignal(wakeDaemon, daemon.readable), orSignal(wakeDaemon, daemon.writable))
	return daemon, client, nil
}

// orSignal returns r, or s if r is nil.
func orSignal(r Ringer, s Signal) Ringer {
	if r == nil {
		return s
	}
	return r
}

// newEndpoint returns an endpoint without rings.
func newEndpoint(p *pair) *Endpoint {
	e := &Endpoint{pair: p, readable: NewSignal(), writable: NewSignal()}
	e.gate = newGate(e.teardown)
	return e
}

// attach makes Tx and Rx. Tx rings toReader, Rx rings toWriter.
func (e *Endpoint) attach(m memory, g *preamble, isDaemon bool, toReader, toWriter Ringer) {
	toDaemon, toClient := m.view(toDaemonOffset, g.toDaemon), m.view(toClientOffset, g.toClient)
	if isDaemon {
		e.Tx, e.Rx = newProducer(toClient, toReader, true), newConsumer(toDaemon, toWriter, true)
		return
	}
	e.Tx, e.Rx = newProducer(toDaemon, toReader, false), newConsumer(toClient, toWriter, false)
}

// Doorbell returns this end of the doorbell, or nil on heap memory.
func (e *Endpoint) Doorbell() *Doorbell { return e.pair.bell }

// Enter makes the caller a user of the memory until it calls Leave; it returns false once the endpoint is
// closed, and then there is nothing to leave. Tx, Rx and the doorbell may be used only in between. Several users
// may be inside, one for each of Tx and Rx; entering is for safety against Close, not for exclusion.
func (e *Endpoint) Enter() bool { return e.gate.enter() }

// Leave ends what a successful Enter began. The last user to leave a closed endpoint unmaps the memory.
func (e *Endpoint) Leave() { e.gate.leave() }

// Stopped is closed as soon as Close is called: users must leave.
func (e *Endpoint) Stopped() <-chan struct{} { return e.gate.stop }

// Done is closed when the endpoint is closed, its last user has left, and its memory and doorbell are gone.
func (e *Endpoint) Done() <-chan struct{} { return e.gate.done }

// Close stops the endpoint: Enter fails, waits return net.ErrClosed. The memory is unmapped and the doorbell closed
// at once if nobody is inside, otherwise by the last Leave; Done tells when. The other party then meets the end
// of file. Close never blocks, is idempotent and may be called by any goroutine. Of an endpoint that has been retired
// and not renewed it gives back what is kept; of one that has been renewed nothing.
func (e *Endpoint) Close() error {
	e.gate.close(nil)
	e.pair.ears.rouse()
	if e.retired.Load() {
		e.pair.drop(e)
	}
	return nil
}

// Punch gives the memory of both rings back to the kernel at once, in this process and in the client, whatever
// the client still maps. It is the daemon's last act on a VC whose client has acknowledged the end, or is
// gone; both rings are unusable afterwards. It does nothing on heap memory or after Close.
func (e *Endpoint) Punch() error {
	if e.pair.mapping == nil || !e.Enter() {
		return nil
	}
	defer e.Leave()
	e.punched.Store(true)
	if err := punchMapping(e.pair.mapping); err != nil {
		return fmt.Errorf("ring: punch: %w", err)
	}
	return nil
}

// teardown runs when the endpoint is closed and nobody is inside.
func (e *Endpoint) teardown() {
	for i := range e.alarms {
		e.alarms[i].unset()
	}
	if e.retired.Load() {
		return // The memory stays for another VC.
	}
	if !e.punched.Load() { // A write would bring a page back.
		e.Tx.Close()
	}
	if e.peer != nil {
		close(e.peer.pair.gone)
		return
	}
	e.pair.release()
}

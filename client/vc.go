package client

import (
	"context"
	"sync"
	"sync/atomic"

	"callmanager/api/cmdpb"
	"callmanager/datapath/ring"
)

// SDU is one AAL5 CPCS-SDU with what travels beside it.
type SDU struct {
	Payload []byte
	// UU is the CPCS user-to-user octet (I.363.5). A link in cell mode or of
	// cells over UDP carries all of it, one in frame mode its lowest bit only,
	// and one over atmtcp nothing: an SDU with another bit set is dropped there
	// and counted.
	UU uint8
	// CLP marks the SDU as the first to be dropped.
	CLP bool
	// Congestion tells that the SDU met congestion on its way (EFCI). It is set
	// on receipt.
	Congestion bool
}

// VC is a virtual connection with an active call. One goroutine at a time may
// send and one may receive.
type VC struct {
	conn     *Conn
	handle   uint64
	incoming bool
	// disposable is a VC that the library has made for the call and deletes with
	// it.
	disposable bool
	ep         *ring.Endpoint // nil until the daemon has sent the rings
	charged    bool           // the daemon has made the rings; set by the reader
	unanswered atomic.Bool    // an offer that nobody has answered
	shutting   atomic.Bool    // closed here

	live   context.Context //nolint:containedctx // it is the VC's life, not a caller's: ended when nothing can be sent
	finish context.CancelCauseFunc
	joined joined // owned by the sender

	notifications chan []byte
	onProgress    func(Progress) // called by the reader; set before the call

	connected chan struct{} // closed when data may flow
	released  chan struct{} // closed when the call has ended
	closed    chan struct{} // closed when no call is left and none is owed
	gone      chan struct{} // closed when everything has been given back
	changes   chan struct{} // holds a token after a change by the other side

	linkChanges chan struct{} // holds a token after a change of a PVC's link

	ending sync.Once // starts runEnd

	mu       sync.Mutex
	params   *cmdpb.CallParameters
	channel  *cmdpb.ChannelID
	userUser []byte // of CONNECT
	parties  []*Party
	state    vcState
	down     *cmdpb.VCStatus  // of a PVC whose link is down
	unsaid   *cmdpb.CloseCall // waits for the handle
	end      *Error           // why the call ended, if the other side or a fault did it
	result   CloseResult
	closeErr error
}

// vcState is how far the call of a VC is.
type vcState uint8

const (
	stateOpen    vcState = iota // a call, or one under way
	stateIdle                   // no call, and no CloseCall owed
	stateClosing                // CloseCall sent
	stateClosed                 // CloseCall completed, or the connection gone
)

// newVC returns a VC without rings.
func newVC(c *Conn, handle uint64) *VC {
	v := &VC{
		conn: c, handle: handle, notifications: make(chan []byte, maxNotifications),
		connected: make(chan struct{}), released: make(chan struct{}),
		closed: make(chan struct{}), gone: make(chan struct{}), changes: make(chan struct{}, 1),
		linkChanges: make(chan struct{}, 1),
	}
	v.live, v.finish = context.WithCancelCause(context.Background())
	return v
}

// Handle returns the VC's handle, as `cmctl vcs` shows it.
func (v *VC) Handle() uint64 { return v.handle }

// Parameters returns what was negotiated, or modified since. The caller must not
// change it.
func (v *VC) Parameters() *cmdpb.CallParameters {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.params
}

// Channel returns the link and the VPI/VCI of the VC.
func (v *VC) Channel() *cmdpb.ChannelID {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.channel
}

// flows returns what may be sent and received.
func (v *VC) flows() (send, receive *cmdpb.Flow) {
	c := v.Parameters().GetContract()
	if v.incoming {
		return c.GetBackward(), c.GetForward()
	}
	return c.GetForward(), c.GetBackward()
}

// maxSDU is the size of the largest AAL5 CPCS-SDU in octets (I.363.5).
const maxSDU = 65535

// MaxSend returns the largest SDU in octets that may be sent; 0 means that the
// VC carries nothing in this direction.
func (v *VC) MaxSend() int {
	send, _ := v.flows()
	return int(min(send.GetMaxSdu(), maxSDU))
}

// MaxReceive returns the size in octets of the largest SDU that can come.
func (v *VC) MaxReceive() int {
	_, receive := v.flows()
	return int(min(receive.GetMaxSdu(), maxSDU))
}

// Released is closed when the other side, the network or the daemon has ended
// the call. What has arrived stays readable.
func (v *VC) Released() <-chan struct{} { return v.released }

// Err returns nil while the call stands or after it was closed here; else why
// it ended: an *[Error] whose status is SUCCESS if the other side released it,
// and another one after a fault.
func (v *VC) Err() error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.end == nil {
		return nil
	}
	return v.end
}

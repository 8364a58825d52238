package client

import (
	"context"

	"callmanager/api/cmdpb"
)

// Progress tells how far a call is that has not come about yet.
type Progress struct {
	// Alerting: the called user is being alerted. Else the network interworks with another one, and
	// says how in Indicators.
	Alerting   bool
	Indicators []*cmdpb.ProgressIndicator
	// UserUser is what the called user has to say with it; nil for nothing.
	UserUser []byte
}

// maxNotifications bounds what waits for a reader of [VC.Notifications].
const maxNotifications = 64

// Notify tells the other user of the call something: the contents of a notification indicator of
// Q.2931 clause 5.9, 1 to 128 octets. It waits for the daemon's answer, not for the other user. A
// link of UNI 3.x does not support it (NOT_SUPPORTED).
func (v *VC) Notify(ctx context.Context, indicator []byte) error {
	_, err := v.conn.ask(ctx, "Notify", notify(v.handle, indicator))
	return err
}

// notify returns the operation.
func notify(handle uint64, indicator []byte) *cmdpb.ClientMessage {
	return &cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_Notify{Notify: &cmdpb.Notify{Vc: handle, Indicator: indicator}}}
}

// Notifications returns what the other user or the network tells about the call, in order. Of more
// than 64 that nobody has taken the newest are lost. The channel is not closed: [VC.Released] tells
// of the end of the call.
func (v *VC) Notifications() <-chan []byte { return v.notifications }

// UserUser returns the user-user information that came with the acceptance of the call: the
// protocol discriminator first; nil for none. That of a caller is in the parameters of its
// [Offer], that of the end of a call in the [Error].
func (v *VC) UserUser() []byte {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.userUser
}

// Alert tells the caller that the answer takes time, with user-user information unless that is
// empty. Without it the daemon does so after a second. The offer still waits for its answer.
func (o *Offer) Alert(ctx context.Context, userUser []byte) error {
	_, err := o.vc.conn.ask(ctx, "Alert", &cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_Alert{
		Alert: &cmdpb.Alert{Vc: o.vc.handle, UserUser: userUser},
	}})
	return err
}

// notified handles Notification. Only the reader's goroutine calls it.
func (v *VC) notified(m *cmdpb.Notification) {
	select {
	case v.notifications <- m.GetIndicator():
	default:
	}
}

// progressed handles CallProgress. Only the reader's goroutine calls it.
func (v *VC) progressed(m *cmdpb.CallProgress) {
	if v.onProgress != nil {
		v.onProgress(Progress{Alerting: m.GetAlerting(), Indicators: m.GetIndicators(), UserUser: m.GetUserUser()})
	}
}

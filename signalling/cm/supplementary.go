package cm

import (
	"fmt"

	"callmanager/signalling/primitive"
	"callmanager/vc"
)

// What the two users of a call tell each other beside its set-up and clearing.

// maxUserUser bounds user-user information (UNI 4.0, Q.2957) and the contents
// of a notification.
const maxUserUser = 128

const plainLink = "the link speaks UNI 3.x, which carries no "

// checkUserUser refuses what the link does not carry (INV-57).
func (l *link) checkUserUser(b []byte) *refusal {
	switch {
	case len(b) == 0:
		return nil
	case len(b) > maxUserUser:
		return refuse(InvalidData, fmt.Sprintf("user-user information has %d octets, at most %d fit", len(b), maxUserUser))
	case l.Plain:
		return refuse(InvalidData, plainLink+"user-user information")
	}
	return nil
}

// checkUserUser refuses what the link or the leaf does not carry: the messages of
// the call carry it for its first leaf, but those of further leaves do not, and nor
// do those that end a leaf, which may leave others behind.
func (b *branch) checkUserUser(data []byte, ends bool) *refusal {
	if len(data) > 0 && (b.further() || b.leaf && ends) {
		return refuse(InvalidData, "a leaf of a point-to-multipoint call that others may share cannot send user-user information")
	}
	if len(data) > 0 && b.pvc != nil {
		return refuse(InvalidData, "a PVC has no signalling that could carry user-user information")
	}
	return b.link.checkUserUser(data)
}

// closeWith notes what goes with the end of the call.
func (v *conn) closeWith(data []byte) *refusal {
	for _, b := range v.branches {
		if ref := b.checkUserUser(data, true); ref != nil {
			return ref
		}
	}
	v.parting = data
	return nil
}

// alert serves Alert: it asks the link to tell the caller of an offer.
func (m *Machine) alert(v *conn, in *input) (vc.CallState, *refusal) {
	b, r := v.branches[0], askedFor[Alert](in)
	if b.further() {
		return vc.Offered, refuse(NotSupported, "the offer is a further leaf of a call: the daemon alerts for it by itself")
	}
	if ref := b.checkUserUser(r.UserUser, false); ref != nil {
		return vc.Offered, ref
	}
	m.reply(v.owner, Reply{Request: in.request})
	m.emit(Effect{Kind: ToLink, Link: b.link.ID, Request: primitive.AlertReq{Call: b.call, UserUser: r.UserUser}})
	return vc.Offered, nil
}

// requestNotify serves Notify.
func (m *Machine) requestNotify(c *client, r Notify, in *input) {
	if len(r.Info) == 0 || len(r.Info) > maxUserUser {
		m.refuse(c, r, refuse(InvalidData, fmt.Sprintf("a notification has %d octets: want 1 to %d", len(r.Info), maxUserUser)))
		return
	}
	m.onVC(c, r.VC, reqNotify, in)
}

// notify hands a notification to the links of a call.
func (m *Machine) notify(v *conn, in *input) (vc.CallState, *refusal) {
	for _, b := range v.branches {
		if b.link.Plain {
			return v.call, refuse(NotSupported, plainLink+"notifications")
		}
	}
	m.reply(v.owner, Reply{Request: in.request})
	for _, b := range v.branches {
		m.emit(Effect{Kind: ToLink, Link: b.link.ID, Request: primitive.NotifyReq{Call: b.call, Info: askedFor[Notify](in).Info}})
	}
	return v.call, nil
}

// notified tells the client of a notification.
func (m *Machine) notified(v *conn, in *input) (vc.CallState, *refusal) {
	if !v.releasing() {
		m.deliver(v.owner, Notification{VC: v.handle, Info: toldOf[primitive.NotifyInd](in).Info})
	}
	return v.call, nil
}

// progress tells the client of a PROGRESS.
func (m *Machine) progress(v *conn, in *input) (vc.CallState, *refusal) {
	if !v.releasing() {
		ind := toldOf[primitive.ProgressInd](in)
		m.deliver(v.owner, CallProgress{VC: v.handle, Indicators: ind.Indicators, UserUser: ind.UserUser})
	}
	return v.call, nil
}

package cm

import "callmanager/vc"

// What an administrator does to a call, whoever's it is. It needs
// [Credentials].Admin, or no right for a call of one's own.

// anyVC finds a VC that c may act on. what names the act.
func (m *Machine) anyVC(c *client, h vc.Handle, what string) (*conn, *refusal) {
	v := m.conns[h]
	switch {
	case !c.cred.Admin && (v == nil || v.owner != c):
		return nil, refuse(NotPermitted, what+" another client's call needs root or group cmd-admin")
	case v == nil:
		return nil, refuse(Failure, "there is no VC "+h.String())
	}
	return v, nil
}

// adminClose serves AdminClose.
func (m *Machine) adminClose(c *client, r AdminClose) {
	v, ref := m.anyVC(c, r.VC, "closing")
	if ref == nil && len(v.branches) == 0 {
		ref = noCall.refusal()
	}
	if ref != nil {
		m.refuse(c, r, ref)
		return
	}
	m.reply(c, Reply{Request: r.Request})
	m.step(v, mgtClose, &input{end: closedByAdmin})
}

// adminModify serves AdminModify: the ModifyCallQoS of the call's owner, which c
// is answered.
func (m *Machine) adminModify(c *client, r AdminModify, in *input) {
	v, ref := m.anyVC(c, r.VC, "modifying")
	if ref == nil {
		in.asked, in.admin = ModifyCallQoS(r), c
		ref = m.step(v, reqModify, in)
	}
	if ref != nil {
		m.refuse(c, r, ref)
	}
}

package q2931

import "callmanager/signalling/q2931/msg"

// notify is the cell of a NOTIFY that has come: it is told in every state of a
// call, and changes none.
func notify(s State) cell {
	return within("tell", "Q.2931 5.9", (*Call).notified, s)
}

// sendNotify is the cell of a NOTIFY to be sent: as it may come in every state,
// it may be sent in every state but those of clearing.
func sendNotify(s State) cell {
	return within("NOTIFY", "Q.2931 5.9", (*Call).notifyRequested, s)
}

// progressed is the cell of a PROGRESS where one may come: after the first
// response to SETUP and before CONNECT. The network beyond may give no ALERTING
// any more, so T310 is over; the state stays.
func progressed(s State) cell {
	return within("stop T310, tell", "Q.2931 6, Q.931 5.1.6, 9.2", (*Call).progressReceived, s)
}

// progressRow is the line of PROGRESS of a side that may meet it in the states
// of these numbers.
func progressRow(side State, in ...State) [numColumns]cell {
	r := row(side, noCall, always(s101), always(s101))
	for i, number := range columns {
		for _, n := range in {
			if n == number {
				r[i] = progressed(side | number)
			}
		}
	}
	return r
}

// notified: Q.2931 5.9.
func (c *Call) notified(in *Input) State {
	c.emit(Effect{Kind: Notified, Msg: in.Msg})
	return c.state
}

// notifyRequested: Q.2931 5.9.
func (c *Call) notifyRequested(in *Input) State {
	in.Msg.Type = msg.Notify
	c.send(in.Msg)
	return c.state
}

// progressReceived: Q.931 5.1.6.
func (c *Call) progressReceived(in *Input) State {
	c.stop(T310)
	c.emit(Effect{Kind: Progressed, Msg: in.Msg})
	return c.state
}

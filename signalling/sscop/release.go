package sscop

// releaseRequest is AA-RELEASE.request wherever there is a connection or one is being set up.
func (c *Conn) releaseRequest(in *PDU) State {
	c.uu = append(c.uu[:0], in.Data...)
	c.guard(c.sendEND)
	return OutgoingDisconnectionPending
}

// rejectRequest is AA-RELEASE.request in Incoming Connection Pending: the user refuses.
func (c *Conn) rejectRequest(in *PDU) State {
	c.transmit(&PDU{Type: BGREJ, Data: in.Data})
	return Idle
}

// ccDisconnecting is Timer_CC in Outgoing Disconnection Pending.
func (c *Conn) ccDisconnecting(*PDU) State {
	if !c.again(c.sendEND) {
		c.emit(Effect{Kind: ReleaseConf})
		return Idle
	}
	return OutgoingDisconnectionPending
}

// endIdle is an END in Idle: the ENDAK was lost.
func (c *Conn) endIdle(*PDU) State {
	c.sendENDAK()
	return Idle
}

// endReceived is an END where there is a connection to lose.
func (c *Conn) endReceived(in *PDU) State {
	c.sendENDAK()
	c.emit(Effect{Kind: ReleaseInd, UU: in.Data, Source: in.Source})
	return Idle
}

// endDisconnecting is an END in Outgoing Disconnection Pending: both ends release at once.
func (c *Conn) endDisconnecting(in *PDU) State {
	c.sendENDAK()
	return c.released(in)
}

// released ends Outgoing Disconnection Pending on ENDAK or BGREJ.
func (c *Conn) released(*PDU) State {
	c.emit(Effect{Kind: ReleaseConf})
	return Idle
}

// strayIdle answers a PDU of a connection that this end does not know of with END.
func (c *Conn) strayIdle(in *PDU) State {
	c.report(unsolicited[in.Type], 0)
	c.abort()
	return Idle
}

// kill ends the connection on a PDU that must not come in this state.
func (c *Conn) kill(in *PDU) State {
	c.report(unsolicited[in.Type], 0)
	return c.giveUp()
}

// drop ends the connection on an ENDAK or BGREJ: the peer has none, so no END is needed.
func (c *Conn) drop(in *PDU) State {
	c.report(unsolicited[in.Type], 0)
	c.emit(Effect{Kind: ReleaseInd, Source: SourceSSCOP})
	return Idle
}

// giveUp tells peer and user that SSCOP releases the connection.
func (c *Conn) giveUp() State {
	c.abort()
	c.emit(Effect{Kind: ReleaseInd, Source: SourceSSCOP})
	return Idle
}

// abort sends an END of SSCOP's own that is not repeated.
func (c *Conn) abort() {
	c.transmit(&PDU{Type: END, Source: SourceSSCOP})
}

func (c *Conn) sendEND() {
	c.transmit(&PDU{Type: END, Data: c.uu})
}

func (c *Conn) sendENDAK() {
	c.transmit(&PDU{Type: ENDAK})
}

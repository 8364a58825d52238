package sscop

// resyncRequest is AA-RESYNC.request in Data Transfer Ready and during recovery.
func (c *Conn) resyncRequest(in *PDU) State {
	c.uu = append(c.uu[:0], in.Data...)
	c.advanceSQ()
	c.openWindow()
	c.guard(c.sendRS)
	return OutgoingResyncPending
}

// resyncResponse is AA-RESYNC.response in Incoming Resynchronization Pending.
func (c *Conn) resyncResponse(*PDU) State {
	c.openWindow()
	c.sendRSAK()
	return c.ready()
}

// ccResyncing is Timer_CC in Outgoing Resynchronization Pending.
func (c *Conn) ccResyncing(*PDU) State {
	if !c.again(c.sendRS) {
		return c.giveUp()
	}
	return OutgoingResyncPending
}

// rsResyncing is an RS in Outgoing Resynchronization Pending: both ends resynchronize at once.
func (c *Conn) rsResyncing(in *PDU) State {
	if c.repeat(in) {
		return OutgoingResyncPending
	}
	c.vtMS = in.NMR
	c.openWindow()
	c.sendRSAK()
	c.emit(Effect{Kind: ResyncConf})
	return c.ready()
}

// rsakResyncing is the RSAK awaited in Outgoing Resynchronization Pending.
func (c *Conn) rsakResyncing(in *PDU) State {
	c.vtMS = in.NMR
	c.emit(Effect{Kind: ResyncConf})
	return c.ready()
}

// rsOffered is an RS in Incoming Resynchronization Pending.
func (c *Conn) rsOffered(in *PDU) State {
	if !c.repeat(in) {
		c.report(ErrRS, 0)
	}
	return IncomingResyncPending
}

// rsRecovering is an RS in the recovery states 7, 8 and 9.
func (c *Conn) rsRecovering(in *PDU) State {
	if c.repeat(in) {
		c.report(ErrRS, 0)
		return c.state
	}
	return c.offerResync(in)
}

// rsReady is an RS in Data Transfer Ready: the RSAK was lost, or the peer resynchronizes.
func (c *Conn) rsReady(in *PDU) State {
	if c.repeat(in) {
		c.restartNoResponse()
		c.sendRSAK()
		return DataTransferReady
	}
	return c.offerResync(in)
}

// offerResync indicates the resynchronization to the user.
func (c *Conn) offerResync(in *PDU) State {
	c.vtMS = in.NMR
	c.emit(Effect{Kind: ResyncInd, UU: in.Data})
	return IncomingResyncPending
}

func (c *Conn) sendRS() {
	c.transmit(&PDU{Type: RS, NSQ: c.vtSQ, NMR: c.vrMR, Data: c.uu})
}

func (c *Conn) sendRSAK() {
	c.transmit(&PDU{Type: RSAK, NMR: c.vrMR})
}

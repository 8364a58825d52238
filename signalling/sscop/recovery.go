package sscop

// beginRecovery reports a protocol error in Data Transfer Ready and starts error recovery.
func (c *Conn) beginRecovery(code ErrorCode) State {
	c.report(code, 0)
	c.advanceSQ()
	c.openWindow()
	c.guard(c.sendER)
	return OutgoingRecoveryPending
}

// dataRecovering is AA-DATA.request in Outgoing Recovery Pending: with Clear-buffers "yes" the SDU
// goes the way of those in flight. The user has not been told yet.
func (c *Conn) dataRecovering(*PDU) State {
	c.stats.Dropped++
	return OutgoingRecoveryPending
}

// ccRecovering is Timer_CC in Outgoing Recovery Pending.
func (c *Conn) ccRecovering(*PDU) State {
	if !c.again(c.sendER) {
		return c.giveUp()
	}
	return OutgoingRecoveryPending
}

// erRecovering is an ER in Outgoing Recovery Pending: both ends recover at once.
func (c *Conn) erRecovering(in *PDU) State {
	if c.repeat(in) {
		c.report(ErrER, 0)
		return OutgoingRecoveryPending
	}
	c.openWindow()
	c.sendERAK()
	return c.recovered(in)
}

// erakRecovering is the ERAK awaited in Outgoing Recovery Pending.
func (c *Conn) erakRecovering(in *PDU) State {
	return c.recovered(in)
}

// recovered tells the user of the recovery that this end began. Data received in sequence has all
// been delivered as it came, so nothing is left to deliver.
func (c *Conn) recovered(in *PDU) State {
	c.vtMS = in.NMR
	c.emit(Effect{Kind: RecoverInd})
	return RecoveryResponsePending
}

// erRecovered is an ER in Recovery Response Pending.
func (c *Conn) erRecovered(in *PDU) State {
	if c.repeat(in) {
		c.sendERAK()
	} else {
		c.report(ErrER, 0)
	}
	return RecoveryResponsePending
}

// erOffered is an ER in Incoming Recovery Pending.
func (c *Conn) erOffered(in *PDU) State {
	if !c.repeat(in) {
		c.report(ErrER, 0)
	}
	return IncomingRecoveryPending
}

// erReady is an ER in Data Transfer Ready: the ERAK was lost, or the peer recovers.
func (c *Conn) erReady(in *PDU) State {
	if c.repeat(in) {
		c.restartNoResponse()
		c.sendERAK()
		return DataTransferReady
	}
	c.vtMS = in.NMR
	c.emit(Effect{Kind: RecoverInd})
	return IncomingRecoveryPending
}

// recoverResponse is AA-RECOVER.response in Recovery Response Pending.
func (c *Conn) recoverResponse(*PDU) State {
	return c.ready()
}

// recoverAccept is AA-RECOVER.response in Incoming Recovery Pending.
func (c *Conn) recoverAccept(*PDU) State {
	c.openWindow()
	c.sendERAK()
	return c.ready()
}

func (c *Conn) sendER() {
	c.transmit(&PDU{Type: ER, NSQ: c.vtSQ, NMR: c.vrMR})
}

func (c *Conn) sendERAK() {
	c.transmit(&PDU{Type: ERAK, NMR: c.vrMR})
}

package client

import (
	"fmt"

	"callmanager/api/cmdpb"
)

// dispatchAll hands the messages of a batch on.
func (c *Conn) dispatchAll(b *cmdpb.ServerBatch) error {
	for _, m := range b.GetMessages() {
		if m.GetBatch() != nil {
			return fmt.Errorf("%w: a batch within a batch", errProtocol)
		}
		if _, err := c.dispatch(m, nil); err != nil {
			return err
		}
	}
	return nil
}

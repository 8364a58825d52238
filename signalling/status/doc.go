// Package status holds the outcomes of operations, in the names of the model of
// connection-oriented NDIS, and the one table between them and the causes of
// Q.2931 (Q.850).
//
//	the network's cause                      a client's status
//	of a call that fails  --- Of, OfFailure ---> in completions and indications
//	of a refusal          <----- CauseOf ------- in IncomingCallComplete
//
// Both directions are one table, whose rows the test prints to STATUS.md. A cause
// without a row is FAILURE; every status but SUCCESS and PENDING has a cause.
//
// Concurrency: it holds constants alone.
//
//	s := status.Of(ie.CauseDestinationOutOfOrder) // DEST_OUT_OF_ORDER
//	c := status.CauseOf(status.VCNotAvailable)    // 35
package status

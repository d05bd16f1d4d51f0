package link

import (
	"errors"
	"fmt"
)

// Kind says whether the host may have seen a request.
type Kind string

const (
	CantConnect Kind = "cantconnect" // no byte of the request left
	LinkFailure Kind = "linkfailure" // a byte may have left
)

// Fault is why an exchange came to no answer. It holds no byte of the request or the answer.
type Fault struct {
	Kind   Kind
	Reason string
	cause  error
}

func (f *Fault) Error() string {
	if f.cause == nil {
		return fmt.Sprintf("%s: %s", f.Kind, f.Reason)
	}
	return fmt.Sprintf("%s: %s: %v", f.Kind, f.Reason, f.cause)
}

// Unwrap gives the cause.
func (f *Fault) Unwrap() error { return f.cause }

// KindOf finds the kind of an error. One that is no Fault counts as a link failure: what is not known
// to be safe is not safe.
func KindOf(err error) Kind {
	var f *Fault
	if errors.As(err, &f) {
		return f.Kind
	}
	return LinkFailure
}

// Package words holds what the terminal says to people, in each language.
//
// For every pos.Code there is a Sentence of three short parts: what happened, what it means for the
// money, and what to do next. A part may hold arguments of the error: {1} is the first one; what stands in
// square brackets is left out when an argument in it is missing, as in "Declined[: {1}]". Next never
// holds arguments. The other words of screens and slips stand in a plain table by key.
//
// A test reads pos/error.go and fails for a code without a sentence in any language, or a sentence
// without a code.
package words

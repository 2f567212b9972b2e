//! The fast search finds exactly what a search of every object as a whole finds.

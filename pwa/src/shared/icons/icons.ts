/**
 * Icons on a 24 x 24 grid, drawn with one round stroke of 2: each is the `d` of a path. A door bundles the ones it
 * imports and no others; what no first screen shows is kept apart, so that it is not loaded with it.
 */
export * from './first'
export * from './home'
export * from './later'

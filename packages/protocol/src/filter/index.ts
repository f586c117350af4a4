/** Filters, as they are evaluated on an event and as SQL, and what they tell of people. */
export {
  compareText,
  type FilterDialect,
  filterToSql,
  matchesEvent,
  matchesFilter,
  matchToSql,
  type PropertyReference,
  propertyReference,
  propertyValue,
} from './filter.js'
export { peopleOfFilter } from './people-of-filter.js'
